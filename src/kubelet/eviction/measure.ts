/** How much of the machine is free, and what its pods take of it. */
import type { Pod } from "#api/core/pod.ts";
import type { Disk } from "#base/disk.ts";
import { podGroupPath } from "../container/resources.ts";
import { type Folders, podLogFolder, volumesFolder } from "../paths.ts";
import type { PodState } from "../pod/state.ts";
import type { Cgroups, KubeletPorts } from "../ports.ts";
import type { ContainerRuntime } from "../runtime.ts";
import { podUsages, type PodUsage as PodStats } from "../server/stats.ts";
import { emptyDir } from "../volumes/empty-dir.ts";
import { fileUsage } from "./file-usage.ts";
import { type ContainerUsage, type FileUsage, noFiles, type PodUsage } from "./pod-usage.ts";
import type { MachineRoom, Room, Starved } from "./signals.ts";

export interface MeasureOptions {
  readonly disk: Pick<Disk, "space" | "facts" | "list">;
  readonly cgroups: Pick<Cgroups, "usage" | "details">;
  readonly runtime: Pick<ContainerRuntime, "imageFileSystems" | "listContainerStats">;
  readonly processIds?: KubeletPorts["processIds"];
  readonly folders: Folders;
  readonly cgroupRoot: string;
  /** Undefined until it is known. */
  readonly memoryBytes: () => number | undefined;
}

/** What is asked about pods: of files and processes only what ran short is counted, which takes time that others may not have. */
export interface Question {
  readonly starved: Starved;
  readonly signal: AbortSignal;
}

export class Meter {
  readonly #options: MeasureOptions;
  /** Where images lie: it does not change while the runtime runs. */
  #imageFolder: string | undefined;

  constructor(options: MeasureOptions) {
    this.#options = options;
  }

  async machine(): Promise<MachineRoom> {
    const { disk, folders } = this.#options;
    const [memory, processIds, nodeFs, images] = await Promise.all([
      this.#memory(),
      this.#processIds(),
      disk.space(folders.root),
      this.#images(),
    ]);
    return {
      nodeFs,
      ...(memory ? { memory } : {}),
      ...(processIds ? { processIds } : {}),
      ...(images ? { imageFs: images.isOwn ? await disk.space(images.folder) : nodeFs } : {}),
      hasOwnImageFs: images?.isOwn ?? false,
    };
  }

  /** Without what could be taken from file caches at once. */
  async #memory(): Promise<Room | undefined> {
    const { cgroups, memoryBytes } = this.#options;
    const capacity = memoryBytes();
    const usage = await cgroups.usage("/");
    if (capacity === undefined || !usage) return undefined;
    return { available: Math.max(capacity - usage.workingSetBytes, 0), capacity };
  }

  async #processIds(): Promise<Room | undefined> {
    const ids = await this.#options.processIds?.();
    return ids && { available: ids.max - ids.used, capacity: ids.max };
  }

  async #images(): Promise<{ readonly folder: string; readonly isOwn: boolean } | undefined> {
    const { disk, folders, runtime } = this.#options;
    const folder = (this.#imageFolder ??= await imageFolderOf(runtime));
    if (folder === undefined) return undefined;
    const [images, node] = await Promise.all([disk.facts(folder), disk.facts(folders.root)]);
    return { folder, isOwn: images?.device !== node?.device };
  }

  /** By uid. */
  async pods(
    states: readonly PodState[],
    question: Question,
  ): Promise<ReadonlyMap<string, PodUsage>> {
    const known = new Map(states.map((state) => [state.uid, state]));
    const stats = await podUsages(
      this.#options,
      states.map((state) => ({ state })),
    );
    const found = new Map<string, PodUsage>();
    for (const one of stats) {
      const pod = known.get(one.uid)?.pod;
      if (pod) found.set(one.uid, await this.#pod(pod, one, question));
    }
    return found;
  }

  async #pod(pod: Pod, stats: PodStats, { starved, signal }: Question): Promise<PodUsage> {
    const { cgroups, cgroupRoot, disk, folders } = this.#options;
    const areFilesMeant = starved === "ephemeral-storage" || starved === "inodes";
    const filesIn = async (path: string): Promise<FileUsage> =>
      areFilesMeant ? fileUsage(path, { disk, signal }) : noFiles;
    const groupPath = podGroupPath(pod, cgroupRoot);
    const logs = podLogFolder(folders, stats);
    const containers = await Promise.all(
      stats.containers.map(async ({ name, stats: own }): Promise<ContainerUsage> => ({
        name,
        memoryBytes: own.memoryWorkingSetBytes,
        root: { bytes: own.writableLayerBytes, inodes: own.writableLayerInodes },
        logs: await filesIn(`${logs}/${name}`),
      })),
    );
    const volumes = new Map<string, FileUsage>();
    for (const { name, path } of ownFolders(pod, volumesFolder(folders, stats.uid)))
      volumes.set(name, await filesIn(path));
    const summed = containers.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
    return {
      memoryBytes: stats.usage?.workingSetBytes ?? summed,
      processes: starved === "pids" ? ((await cgroups.details(groupPath))?.threads ?? 0) : 0,
      containers,
      volumes,
    };
  }
}

/** Undefined while the runtime does not answer: others tell of that. */
async function imageFolderOf(
  runtime: Pick<ContainerRuntime, "imageFileSystems">,
): Promise<string | undefined> {
  try {
    return (await runtime.imageFileSystems())[0]?.mountpoint;
  } catch {
    return undefined;
  }
}

/** Those on disk: what lies in memory is counted there. */
const ownFolders = ({ spec }: Pod, volumes: string) =>
  (spec.volumes ?? [])
    .filter((volume) => volume.emptyDir && volume.emptyDir.medium !== "Memory")
    .map(({ name }) => ({ name, path: `${volumes}/${emptyDir.folder}/${name}` }));
