/** A node with storage drivers that are functions, and everything around them in memory. For tests. */
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { Node } from "#api/core/node.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { isReason } from "#api/errors.ts";
import { silent } from "#base/log.ts";
import { aborted } from "#base/signal.ts";
import { VirtualClock } from "#sim/clock.ts";
import { podWith } from "../pod/testing.ts";
import type { OpenChannel } from "../ports.ts";
import { RuntimeError } from "../runtime.ts";
import { MemoryClient, MemoryDisk } from "../testing.ts";
import { CsiVolumes } from "./csi-volumes.ts";
import { wantedOfClaim } from "./wanted-volume.ts";

export type Request = Readonly<Record<string, unknown>>;

/** Answers calls from what it is told to be, and keeps them. */
export class FakeDriver {
  readonly requests: { readonly name: string; readonly request: Request }[] = [];
  readonly mounted = new Set<string>();
  capabilities: readonly string[] = ["STAGE_UNSTAGE_VOLUME"];
  /** What the next call of that name fails with. */
  readonly failures = new Map<string, string>();

  /** All calls but questions, with the end of the path that they are about. */
  get calls(): readonly string[] {
    return this.requests.flatMap(({ name, request }) => {
      const path = request["targetPath"] ?? request["volumePath"] ?? request["stagingTargetPath"];
      return typeof path === "string" ? [`${name} ${shortOf(path)}`] : [];
    });
  }

  last(name: string): Request {
    return this.requests.findLast((call) => call.name === name)?.request ?? {};
  }

  readonly openChannel: OpenChannel = () => ({
    call: async (method, request) => this.#answer(method.path, request as Request) as never,
    stream: () => {
      throw new Error("drivers do not stream");
    },
    [Symbol.dispose]: () => undefined,
  });

  #answer(path: string, request: Request): object {
    const name = path.slice(path.lastIndexOf("/") + 1).replace(/^Node|Volume$/g, "");
    this.requests.push({ name, request });
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure !== undefined) throw new RuntimeError("Internal", failure);
    if (name === "Publish") this.mounted.add(String(request["targetPath"]));
    if (name === "Unpublish") this.mounted.delete(String(request["targetPath"]));
    if (name === "GetCapabilities")
      return { capabilities: this.capabilities.map((type) => ({ rpc: { type } })) };
    return {};
  }
}

/** `pods/u1/v`, `staged` */
const shortOf = (path: string): string =>
  path.endsWith("/globalmount")
    ? "staged"
    : path
        .replace(/^\/kubelet\//, "")
        .replace("/volumes/kubernetes.io~csi/", "/")
        .replace(/\/mount$/, "");

export const driverName = "disk.example.com";

export class CsiNodeWorld {
  readonly clock = new VirtualClock();
  readonly client = new MemoryClient();
  readonly disk = new MemoryDisk();
  readonly driver = new FakeDriver();
  isRegistered = true;
  /** How often the node's status had to be told of volumes. */
  told = 0;
  status: Partial<Node["status"]> = {};
  volumes: CsiVolumes = this.#kubelet();

  #kubelet(): CsiVolumes {
    return new CsiVolumes({
      client: this.client,
      clock: this.clock,
      disk: this.disk,
      log: silent,
      openChannel: this.driver.openChannel,
      mounts: {
        tmpfs: async () => undefined,
        layers: async () => undefined,
        isMounted: async (path) => this.driver.mounted.has(path),
        unmountBelow: async () => undefined,
      },
      folders: { root: "/kubelet", logs: "", logLinks: "", cniConfig: "" },
      nodeName: "n1",
      objects: {
        get: async (kind, name) => {
          try {
            return await this.client.get(kind, name);
          } catch (error) {
            if (isReason(error, "NotFound")) return undefined;
            throw error;
          }
        },
      },
      plugins: { find: () => undefined, changed: aborted },
      node: () => ({ status: this.status }) as Node,
      inUseChanged: () => void this.told++,
      endpointOf: () => (this.isRegistered ? "/run/disk.sock" : undefined),
    });
  }

  /** Another kubelet over what the first one left. */
  async restart(): Promise<void> {
    this.volumes = this.#kubelet();
    await this.volumes.load();
  }

  async describeDriver(spec: object): Promise<void> {
    await this.client.create(CSIDriver, {
      metadata: { name: driverName },
      spec: { attachRequired: false, volumeLifecycleModes: ["Persistent", "Ephemeral"], ...spec },
    });
  }

  /** A claim's volume for the pod of that uid. */
  setUp(uid: string, spec: object = {}, claim: object = {}) {
    const volume = {
      metadata: { name: "pv" },
      spec: {
        accessModes: ["ReadWriteOnce"],
        csi: { driver: driverName, volumeHandle: "h", volumeAttributes: { tier: "gold" } },
        ...spec,
      },
    } as unknown as PersistentVolume;
    const { csi } = volume.spec;
    if (!csi) throw new Error("not a driver's volume");
    const pod = podWith({}, { uid });
    const use = { pod, volume, claim: claim as PersistentVolumeClaim, isReadOnly: false };
    return this.volumes.setUp(wantedOfClaim(csi, use), {
      configMap: async () => undefined,
      secret: async (_namespace, name) =>
        name === "keys"
          ? ({ data: { key: Buffer.from("s3").toString("base64") } } as never)
          : undefined,
      claim: async () => undefined,
      persistentVolume: async () => undefined,
      token: async (_pod, { audience }) => ({
        token: `token for ${audience}`,
        refreshAtMs: 0,
        expiresAtMs: Date.parse("2031-01-01T00:00:00Z"),
      }),
    });
  }
}
