/** All that the kernel and the runtime count of a node and its pods, read at one moment. */
import type { DiskSpace } from "#base/disk.ts";
import { podGroupPath } from "../container/resources.ts";
import type { GroupDetails, InterfaceTraffic } from "../group-details.ts";
import type { ContainerStats, FileSystemUsage } from "../runtime.ts";
import type { ServedPod, ServedPods, ServerWorkshop } from "./facts.ts";
import { type ContainerUsage, type PodContainers, podContainers } from "./stats.ts";

export interface DetailedUsage {
  readonly atMs: number;
  readonly node: Detailed;
  /** Of all pods, and of each of their classes that has a group of its own. */
  readonly groups: readonly Detailed[];
  readonly pods: readonly DetailedPod[];
  readonly nodeFs: FileSystem;
  /** Absent where the runtime does not tell of any. */
  readonly imageFs?: FileSystem | undefined;
}

export interface Detailed {
  /** The control group's. */
  readonly path: string;
  readonly details?: GroupDetails | undefined;
  readonly traffic?: readonly InterfaceTraffic[] | undefined;
}

export interface DetailedPod extends Detailed, Omit<PodContainers, "containers"> {
  readonly served: ServedPod;
  readonly sandbox?: DetailedSandbox | undefined;
  readonly containers: readonly DetailedContainer[];
}

export interface DetailedSandbox extends Detailed {
  readonly id: string;
  readonly startedAtMs: number;
}

export interface DetailedContainer extends Detailed, ContainerUsage {}

export interface FileSystem {
  /** As in /dev/vda; empty where it lies on none. */
  readonly device: string;
  readonly space: DiskSpace;
  /** What the runtime says that its images take of it. */
  readonly images?: FileSystemUsage | undefined;
}

export async function readDetails(
  workshop: ServerWorkshop,
  pods: ServedPods,
): Promise<DetailedUsage> {
  const { cgroups, cgroupRoot, clock, folders, runtime } = workshop;
  const workers = [...pods.workers];
  const [details, traffic, groups, found, nodeFs, imageFs] = await Promise.all([
    cgroups.details("/"),
    cgroups.traffic("/"),
    Promise.all(["", "/burstable", "/besteffort"].map((below) => group(`${cgroupRoot}${below}`))),
    podContainers(runtime, workers),
    fileSystemOf(workshop, folders.root),
    imageFileSystem(workshop),
  ]);
  async function group(path: string): Promise<Detailed> {
    return { path, details: await cgroups.details(path) };
  }
  return {
    node: { path: "/", details, traffic },
    groups: groups.filter((one) => one.details !== undefined),
    pods: await Promise.all(
      workers.flatMap((worker, i) => {
        const own = found[i];
        return own ? [detailedPod(workshop, worker, own)] : [];
      }),
    ),
    nodeFs,
    imageFs,
    atMs: clock.now(),
  };
}

async function detailedPod(
  { cgroups, cgroupRoot }: ServerWorkshop,
  served: ServedPod,
  { containers, ...whose }: PodContainers,
): Promise<DetailedPod> {
  const { pod, runtime } = served.state;
  const path = pod ? podGroupPath(pod, cgroupRoot) : "";
  const detailsOf = async (below: string): Promise<GroupDetails | undefined> =>
    path === "" ? undefined : cgroups.details(`${path}${below}`);
  const sandbox = runtime?.sandboxes.find(({ isReady }) => isReady);
  const inSandbox = sandbox && `${path}/${sandbox.id}`;
  const [details, sandboxDetails, traffic, ...ofContainers] = await Promise.all([
    detailsOf(""),
    sandbox && detailsOf(`/${sandbox.id}`),
    inSandbox === undefined ? undefined : cgroups.traffic(inSandbox),
    ...containers.map(({ id }) => detailsOf(`/${id}`)),
  ]);
  return {
    ...whose,
    path,
    served,
    details,
    traffic,
    sandbox: sandbox && {
      id: sandbox.id,
      startedAtMs: sandbox.createdAtMs,
      path: inSandbox ?? "",
      details: sandboxDetails,
      traffic,
    },
    containers: containers.map((container, i) => ({
      ...container,
      path: `${path}/${container.id}`,
      details: ofContainers[i] ?? detailsIn(container.stats),
    })),
  };
}

/** Where nobody counts but the runtime. */
const detailsIn = (stats: ContainerStats): GroupDetails => ({
  cpuNanoseconds: stats.cpuNanoseconds,
  memoryBytes: stats.memoryUsageBytes,
  workingSetBytes: stats.memoryWorkingSetBytes,
});

async function imageFileSystem(workshop: ServerWorkshop): Promise<FileSystem | undefined> {
  const [images] = (await workshop.runtime.imageFileSystems?.()) ?? [];
  return images && { ...(await fileSystemOf(workshop, images.mountpoint)), images };
}

async function fileSystemOf({ disk, deviceOf }: ServerWorkshop, path: string): Promise<FileSystem> {
  const [space, device] = await Promise.all([disk.space(path), deviceOf?.(path)]);
  return { space, device: device ?? "" };
}
