/**
 * The files of images, through containerd's own service for snapshots: CRI knows images as volumes
 * only since containerd 2.1. A view of an image is a snapshot that nobody writes to; as a root of
 * containerd's garbage collection it keeps the layers below it, whatever becomes of the image.
 * differs: an image is a volume with containerd only, of any version, and with snapshotters that keep folders.
 * Source: containerd's api/services/snapshots/v1/snapshots.proto, docs/garbage-collection.md
 */
import { type ContainerRuntime, isRuntimeError, RuntimeError } from "../runtime.ts";
import type { GrpcChannel, Method } from "./grpc-channel.ts";

export const snapshotsProto = `
syntax = "proto3";
package containerd;

message Mount { string type = 1; string source = 2; repeated string options = 4; }
message ViewRequest { string snapshotter = 1; string key = 2; string parent = 3; map<string, string> labels = 4; }
message SnapshotRequest { string snapshotter = 1; string key = 2; }
message MountsResponse { repeated Mount mounts = 1; }
message Empty {}
`;

/** Everything that CRI makes lies in this namespace of containerd's. */
export const criNamespace = { "containerd-namespace": "k8s.io" } as const;

export interface RawMount {
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

const snapshotMethod = <T = unknown>(name: string, request: string, response: string) =>
  ({
    path: `/containerd.services.snapshots.v1.Snapshots/${name}`,
    request,
    response,
  }) as Method<T>;

interface Mounts {
  readonly mounts: readonly RawMount[];
}

const methods = {
  view: snapshotMethod<Mounts>("View", "ViewRequest", "MountsResponse"),
  mounts: snapshotMethod<Mounts>("Mounts", "SnapshotRequest", "MountsResponse"),
  remove: snapshotMethod("Remove", "SnapshotRequest", "Empty"),
};

interface LayerSources {
  readonly channel: GrpcChannel;
  readonly snapshotter: () => Promise<string>;
  /** Name of the snapshot with all layers of an image. */
  readonly chainOf: (image: string) => Promise<string>;
}

/** The collector keeps what has this label, whatever it says. */
const keptLabels = { "containerd.io/gc.root": "k8ts" } as const;

export function imageLayers({
  channel,
  snapshotter: named,
  chainOf,
}: LayerSources): Pick<ContainerRuntime, "heldLayers" | "holdLayers" | "releaseLayers"> {
  const heldLayers = async (key: string): Promise<readonly string[] | undefined> => {
    const snapshotter = await named();
    try {
      return layersOf((await channel.call(methods.mounts, { snapshotter, key })).mounts);
    } catch (error) {
      if (isRuntimeError(error, "NotFound")) return undefined;
      throw error;
    }
  };
  return {
    heldLayers,
    holdLayers: async (key, image) => {
      const held = await heldLayers(key);
      if (held) return held;
      const request = {
        snapshotter: await named(),
        key,
        parent: await chainOf(image),
        labels: keptLabels,
      };
      return layersOf((await channel.call(methods.view, request)).mounts);
    },
    releaseLayers: async (key) => {
      try {
        await channel.call(methods.remove, { snapshotter: await named(), key });
      } catch (error) {
        if (!isRuntimeError(error, "NotFound")) throw error;
      }
    },
  };
}

/** One layer is bound, several lie over each other: the topmost first, in both of our worlds. */
export function layersOf(mounts: readonly RawMount[]): readonly string[] {
  const [mount] = mounts;
  if (mounts.length === 1 && mount?.type === "bind") return [mount.source];
  const below = mount?.options.find((option) => option.startsWith(lower));
  if (mounts.length === 1 && mount?.type === "overlay" && below)
    return below.slice(lower.length).split(":");
  const types = mounts.map(({ type }) => type).join(", ");
  throw new RuntimeError("Unimplemented", `snapshots of type ${types} cannot be volumes`);
}

const lower = "lowerdir=";
