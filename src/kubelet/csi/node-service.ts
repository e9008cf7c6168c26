/** What a storage driver does on a node, behind its socket: csi.v1's Node service. */
import { minutes } from "#base/clock.ts";
import type { OpenChannel } from "../ports.ts";
import type { Method } from "../runtimes/grpc-channel.ts";
import { csiProto } from "./csi-proto.ts";

type Texts = Readonly<Record<string, string>>;

export type NodeCapability =
  | "STAGE_UNSTAGE_VOLUME"
  | "EXPAND_VOLUME"
  | "SINGLE_NODE_MULTI_WRITER"
  | "VOLUME_MOUNT_GROUP";

export interface NodeInfo {
  readonly nodeId: string;
  readonly maxVolumesPerNode: number;
  readonly accessibleTopology: { readonly segments: Texts } | null;
}

export interface VolumeCapability {
  readonly mount?: {
    readonly fsType: string;
    readonly mountFlags: readonly string[];
    readonly volumeMountGroup?: string;
  };
  readonly block?: object;
  readonly accessMode: { readonly mode: string };
}

export interface StageRequest {
  readonly volumeId: string;
  readonly publishContext: Texts;
  readonly stagingTargetPath: string;
  readonly volumeCapability: VolumeCapability;
  readonly secrets: Texts;
  readonly volumeContext: Texts;
}

export interface PublishRequest extends StageRequest {
  readonly targetPath: string;
  readonly readonly: boolean;
}

export interface ExpandRequest {
  readonly volumeId: string;
  readonly volumePath: string;
  readonly stagingTargetPath: string;
  readonly capacityRange: { readonly requiredBytes: number };
  readonly volumeCapability: VolumeCapability;
  readonly secrets: Texts;
}

/** Every call may be repeated: drivers answer what is done already with success. */
export interface NodeService extends Disposable {
  readonly info: () => Promise<NodeInfo>;
  readonly capabilities: () => Promise<ReadonlySet<NodeCapability>>;
  readonly stage: (request: StageRequest) => Promise<unknown>;
  readonly unstage: (request: { volumeId: string; stagingTargetPath: string }) => Promise<unknown>;
  readonly publish: (request: PublishRequest) => Promise<unknown>;
  readonly unpublish: (request: { volumeId: string; targetPath: string }) => Promise<unknown>;
  readonly expand: (request: ExpandRequest) => Promise<unknown>;
}

/** exact: kubelet */
const timeoutMs = minutes(2);

interface Capabilities {
  readonly capabilities: readonly { readonly rpc: { readonly type: NodeCapability } | null }[];
}

export function openNodeService(openChannel: OpenChannel, socket: string): NodeService {
  const channel = openChannel({ socket, proto: csiProto });
  const call = <T>(name: string, request: object, response = "Empty"): Promise<T> => {
    const path = `/csi.v1.Node/${name}`;
    const method: Method<T> = { path, request: `${name}Request`, response };
    return channel.call(method, request, { timeoutMs });
  };
  return {
    info: () => call<NodeInfo>("NodeGetInfo", {}, "NodeGetInfoResponse"),
    capabilities: async () => {
      const response = "NodeGetCapabilitiesResponse";
      const found = await call<Capabilities>("NodeGetCapabilities", {}, response);
      return new Set(found.capabilities.flatMap(({ rpc }) => (rpc ? [rpc.type] : [])));
    },
    stage: (request) => call("NodeStageVolume", request),
    unstage: (request) => call("NodeUnstageVolume", request),
    publish: (request) => call("NodePublishVolume", request),
    unpublish: (request) => call("NodeUnpublishVolume", request),
    expand: (request) => call("NodeExpandVolume", request, "NodeExpandVolumeResponse"),
    [Symbol.dispose]: () => channel[Symbol.dispose](),
  };
}
