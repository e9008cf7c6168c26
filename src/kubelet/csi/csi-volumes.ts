/**
 * Volumes that storage drivers serve on this node. A volume is attached (others see to that), staged
 * once for the node, and published for each pod. What was begun is written down first, so that
 * another kubelet can undo it; drivers answer a repeated call with success.
 * upstream: pkg/volume/csi
 * differs: seLinuxMount of a CSIDriver is ignored; block devices are put where folders are, in the
 * pod's own folder; a driver is asked how many volumes a node takes when it registers and not again
 * (nodeAllocatableUpdatePeriodSeconds), and never for the usage of volumes (NodeGetVolumeStats).
 */
import type { Node } from "#api/core/node.ts";
import { attachedNameOf, attachmentNameOf, needsAttachment } from "#api/storage/attachment.ts";
import { CSIDriver } from "#api/storage/csidriver.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { minutes, seconds, sleep } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import { Lanes } from "#base/lanes.ts";
import type { ObjectCache } from "../objects.ts";
import type { Folders } from "../paths.ts";
import { csiPluginType } from "../plugins/csi-plugin.ts";
import type { Plugins } from "../plugins/plugins.ts";
import type { KubeletPorts } from "../ports.ts";
import {
  type Mounts,
  type PlacedResult,
  type VolumeObjects,
  VolumeError,
} from "../volumes/volume.ts";
import { expandIfLarger } from "./expanding.ts";
import { ownVolume } from "./fs-group.ts";
import { VolumesInUse } from "./in-use.ts";
import { announceNode } from "./node-info.ts";
import { type NodeService, openNodeService } from "./node-service.ts";
import * as places from "./places.ts";
import { publishRequest, type RequestParts, stageRequest } from "./requests.ts";
import type { WantedVolume } from "./wanted-volume.ts";

export interface CsiVolumesOptions extends Pick<
  KubeletPorts,
  "client" | "clock" | "disk" | "log" | "openChannel"
> {
  readonly mounts: Mounts;
  readonly folders: Folders;
  readonly nodeName: string;
  readonly objects: Pick<ObjectCache, "get">;
  readonly plugins: Pick<Plugins, "find" | "changed">;
  /** The node as the API has it. */
  readonly node: () => Node | undefined;
  /** The node's status has to tell of it. */
  readonly inUseChanged: () => void;
  /** Where drivers are found that the cluster knows but that do not register: in simulations. */
  readonly endpointOf?: ((driver: string) => string | undefined) | undefined;
}

type Facts = Pick<RequestParts, "driver" | "publishContext"> & {
  /** Empty when nobody attaches it. */
  readonly attachmentID: string;
};

interface Place {
  readonly folder: string;
  readonly path: string;
  /** The driver has put the volume there. */
  readonly isThere: boolean;
}

interface Mounting {
  readonly parts: RequestParts;
  readonly facts: Facts;
  readonly at: Place;
}

/** How often a driver that asked for it is called again, and the size of a volume compared. */
const repeatMs = minutes(1);
/** The node may not be registered yet. */
const announceMs = seconds(1);

export class CsiVolumes {
  readonly #options: CsiVolumesOptions;
  readonly #inUse: VolumesInUse;
  readonly #lanes = new Lanes();
  /** Volumes of pods, by folder. */
  readonly #volumes = new Map<string, places.VolumeData>();
  /** Folders that an earlier kubelet left. */
  readonly #found = new Set<string>();
  /** Folders whose volume this kubelet has seen in place. */
  readonly #published = new Set<string>();
  /** The same for staging folders. */
  readonly #staged = new Set<string>();

  constructor(options: CsiVolumesOptions) {
    this.#options = options;
    this.#inUse = new VolumesInUse(options.inUseChanged);
  }

  get inUse(): readonly string[] {
    return this.#inUse.names;
  }

  /** What an earlier kubelet left; has to be known before the node's status is written. */
  async load(): Promise<void> {
    const { disk, folders } = this.#options;
    for (const { folder, data } of await places.stagedVolumes(disk, folders))
      this.#hold(data, folder);
    for (const uid of await places.podsWithFolders(disk, folders))
      for (const { folder, data } of await places.volumesOfPod(disk, folders, uid)) {
        this.#volumes.set(folder, data);
        this.#found.add(folder);
        this.#hold(data, uid);
      }
  }

  /** Whether something of the pod has to be undone by a driver. */
  has(uid: string): boolean {
    const parent = `${places.podCsiFolder(this.#options.folders, uid)}/`;
    return [...this.#volumes.keys()].some((folder) => folder.startsWith(parent));
  }

  /** Whenever a driver comes, what nobody uses any more is unstaged. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#announce(signal), this.#tidyUp(signal)]);
  }

  async #tidyUp(signal: AbortSignal): Promise<void> {
    const { plugins } = this.#options;
    while (!signal.aborted) {
      const changed = plugins.changed(signal);
      await this.#unstageLeftovers();
      await changed;
    }
  }

  async #announce(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        return await announceNode(this.#options);
      } catch (error) {
        log.info("node is not announced to storage drivers", { cause: String(error) });
      }
      await sleep(clock, announceMs, signal);
    }
  }

  async #unstageLeftovers(): Promise<void> {
    const { log, disk, folders } = this.#options;
    for (const { folder, data } of await places.stagedVolumes(disk, folders)) {
      const source = places.sourceOf(data);
      if (this.#endpoint(source.driver) === undefined) continue;
      try {
        using _lane = await this.#lanes.enter(attachedNameOf(source));
        await this.#unstageUnused(data);
      } catch (error) {
        log.warn("volume is not unstaged", { folder, cause: String(error) });
      }
    }
  }

  /** Safe to repeat. */
  async setUp(wanted: WantedVolume, objects: VolumeObjects): Promise<PlacedResult> {
    const driver = await this.#options.objects.get(CSIDriver, { name: wanted.driver });
    checkMode(wanted, driver);
    const facts = { driver, ...(await this.#attachment(wanted, driver)) };
    using _lane = await this.#lanes.enter(attachedNameOf(wanted));
    return await this.#putInPlace(wanted, facts, objects);
  }

  /** What the attachment of the volume says, once the node's status shows that it is safe to use. */
  async #attachment(
    wanted: WantedVolume,
    driver: CSIDriver | undefined,
  ): Promise<Omit<Facts, "driver">> {
    const { nodeName, objects } = this.#options;
    if (wanted.mode === "Ephemeral" || !needsAttachment(driver))
      return { attachmentID: "", publishContext: {} };
    const name = attachedNameOf(wanted);
    this.#inUse.hold(name, wanted.pod.metadata.uid ?? "");
    const attachmentID = attachmentNameOf(wanted, nodeName);
    const found = this.#isListed(name)
      ? await objects.get(VolumeAttachment, { name: attachmentID })
      : undefined;
    if (!found?.status.attached)
      throw new VolumeError("volume is not attached yet", { volume: wanted.name, waits: true });
    return { attachmentID, publishContext: found.status.attachmentMetadata ?? {} };
  }

  /** Attached, and the one who could detach it knows that it is in use. */
  #isListed(name: string): boolean {
    const { volumesInUse = [], volumesAttached = [] } = this.#options.node()?.status ?? {};
    return volumesInUse.includes(name) && volumesAttached.some((one) => one.name === name);
  }

  async #putInPlace(
    wanted: WantedVolume,
    facts: Facts,
    objects: VolumeObjects,
  ): Promise<PlacedResult> {
    const at = await this.#placeOf(wanted);
    const { isReadOnly, isDevice } = wanted;
    const place = { path: at.path, isReadOnly, ...(isDevice ? { isDevice } : {}) };
    const again = { ...place, refreshAtMs: this.#options.clock.now() + repeatMs };
    // A volume that is in place needs no driver, and after a restart the kubelet may not know it yet.
    if (at.isThere && this.#endpoint(wanted.driver) === undefined) return again;
    using service = this.#service(wanted, facts.driver);
    const parts = await this.#partsOf({ wanted, ...facts, objects }, service);
    const repeats = facts.driver?.spec.requiresRepublish ?? false;
    if (!at.isThere) await this.#mount({ parts, facts, at }, service);
    else if (repeats) await this.#publish(parts, at.path, service);
    this.#published.add(at.folder);
    const expands = wanted.bound !== undefined && parts.capabilities.has("EXPAND_VOLUME");
    const { client } = this.#options;
    if (expands) await expandIfLarger({ parts, path: at.path, client }, service);
    return repeats || expands ? again : place;
  }

  async #placeOf(wanted: WantedVolume): Promise<Place> {
    const { folders, mounts } = this.#options;
    const uid = wanted.pod.metadata.uid ?? "";
    const folder = `${places.podCsiFolder(folders, uid)}/${wanted.name}`;
    const path = places.targetPath(folder);
    const isThere =
      this.#published.has(folder) || (this.#found.has(folder) && (await mounts.isMounted(path)));
    return { folder, path, isThere };
  }

  async #partsOf(
    known: Omit<RequestParts, "capabilities" | "stagingTargetPath">,
    service: NodeService,
  ): Promise<RequestParts> {
    const { wanted } = known;
    const capabilities = await named(wanted, "MountDevice", () => service.capabilities());
    const isStaged = wanted.mode === "Persistent" && capabilities.has("STAGE_UNSTAGE_VOLUME");
    const folder = places.stagingFolder(this.#options.folders, wanted);
    return {
      ...known,
      capabilities,
      stagingTargetPath: isStaged ? places.stagingPath(folder) : "",
    };
  }

  async #mount({ parts, facts, at }: Mounting, service: NodeService): Promise<void> {
    await this.#begin(at.folder, parts.wanted, facts);
    if (parts.stagingTargetPath !== "") await this.#stage(parts, facts, service);
    await this.#publish(parts, at.path, service);
    await ownVolume(this.#options.disk, at.path, parts);
  }

  /** Written down before anything is done, so that it can be undone. */
  async #begin(folder: string, wanted: WantedVolume, facts: Facts): Promise<void> {
    if (this.#volumes.has(folder)) return;
    const data = this.#dataOf(wanted, facts);
    await places.writeData(this.#options.disk, folder, data);
    this.#volumes.set(folder, data);
  }

  async #stage(parts: RequestParts, facts: Facts, service: NodeService): Promise<void> {
    const { disk, folders } = this.#options;
    const { wanted, stagingTargetPath } = parts;
    const folder = places.stagingFolder(folders, wanted);
    if (this.#staged.has(folder)) return;
    await named(wanted, "MountDevice", async () => {
      const request = await stageRequest(parts);
      const data = this.#dataOf(wanted, facts);
      await places.writeData(disk, folder, data);
      this.#hold(data, folder);
      await disk.makeFolder(stagingTargetPath, 0o750);
      await service.stage(request);
    });
    this.#staged.add(folder);
  }

  async #publish(parts: RequestParts, path: string, service: NodeService): Promise<void> {
    await named(parts.wanted, "SetUp", async () => {
      await service.publish(await publishRequest(parts, path));
    });
  }

  #dataOf(wanted: WantedVolume, { attachmentID }: Facts): places.VolumeData {
    return {
      attachmentID,
      driverName: wanted.driver,
      nodeName: this.#options.nodeName,
      specVolID: wanted.name,
      volumeHandle: wanted.volumeHandle,
      volumeLifecycleMode: wanted.mode,
    };
  }

  /** Everything of the pod that drivers put in place. Safe to repeat. */
  async tearDown(uid: string): Promise<void> {
    const { disk, folders } = this.#options;
    for (const { folder, data } of await places.volumesOfPod(disk, folders, uid)) {
      using _lane = await this.#lanes.enter(attachedNameOf(places.sourceOf(data)));
      await this.#unpublish(folder, data);
      await this.#unstageUnused(data);
      await disk.remove(folder);
    }
    this.#inUse.release(uid);
  }

  async #unpublish(folder: string, { driverName, volumeHandle }: places.VolumeData): Promise<void> {
    const { openChannel, disk } = this.#options;
    const path = places.targetPath(folder);
    using service = openNodeService(openChannel, this.#mustFind(driverName));
    await service.unpublish({ volumeId: volumeHandle, targetPath: path });
    await disk.remove(path);
    this.#published.delete(folder);
    this.#found.delete(folder);
    this.#volumes.delete(folder);
  }

  async #unstageUnused(data: places.VolumeData): Promise<void> {
    const { openChannel, disk, folders } = this.#options;
    if (this.#isUsed(data)) return;
    const folder = places.stagingFolder(folders, places.sourceOf(data));
    if (!(await places.readData(disk, folder))) return;
    const path = places.stagingPath(folder);
    using service = openNodeService(openChannel, this.#mustFind(data.driverName));
    await service.unstage({ volumeId: data.volumeHandle, stagingTargetPath: path });
    await disk.remove(path);
    await disk.remove(folder);
    this.#staged.delete(folder);
    this.#inUse.release(folder);
  }

  #isUsed({ driverName, volumeHandle }: places.VolumeData): boolean {
    return [...this.#volumes.values()].some(
      (other) => other.driverName === driverName && other.volumeHandle === volumeHandle,
    );
  }

  #hold(data: places.VolumeData, holder: string): void {
    if (data.attachmentID) this.#inUse.hold(attachedNameOf(places.sourceOf(data)), holder);
  }

  #service(wanted: WantedVolume, object: CSIDriver | undefined): NodeService {
    const { driver, name: volume, mode } = wanted;
    const endpoint = this.#registered(driver) ?? (object && this.#options.endpointOf?.(driver));
    if (endpoint !== undefined) return openNodeService(this.#options.openChannel, endpoint);
    // exact: kubelet
    const isInline = mode === "Ephemeral";
    const what = isInline
      ? "mounter.SetUpAt failed to get CSI client"
      : "attacher.MountDevice failed to create newCsiDriverClient";
    const step = isInline ? "SetUp" : "MountDevice";
    throw new VolumeError(`kubernetes.io/csi: ${what}: ${missing(driver)}`, { volume, step });
  }

  #mustFind(driver: string): string {
    const endpoint = this.#endpoint(driver);
    if (endpoint !== undefined) return endpoint;
    throw new VolumeError(missing(driver));
  }

  #endpoint(driver: string): string | undefined {
    return this.#registered(driver) ?? this.#options.endpointOf?.(driver);
  }

  #registered(driver: string): string | undefined {
    return this.#options.plugins.find(csiPluginType, driver)?.endpoint;
  }
}

/** exact: kubelet */
const missing = (driver: string): string =>
  `driver name ${driver} not found in the list of registered CSI drivers`;

/** exact: kubelet */
function checkMode({ driver, mode, name }: WantedVolume, object: CSIDriver | undefined): void {
  if (!object && mode === "Persistent") return;
  const modes = object?.spec.volumeLifecycleModes ?? [];
  if (modes.includes(mode)) return;
  const why = object ? `only supports [${modes.map(quoted).join(" ")}]` : "no CSIDriver object";
  const text = `volume mode ${quoted(mode)} not supported by driver ${driver} (${why})`;
  throw new VolumeError(text, { volume: name });
}

const quoted = (text: string): string => JSON.stringify(text);

/** Says which volume, and at which step, when it fails. */
async function named<T>(
  { name: volume }: WantedVolume,
  step: "MountDevice" | "SetUp",
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = messageOf(error);
    throw new VolumeError(message, { volume, step, cause: error });
  }
}
