/**
 * What pods have on disk: their volumes and logs. Looking takes a while, as all files are counted.
 * upstream: pkg/kubelet/server/stats/volume_stat_calculator.go
 */
import type { PodSpec } from "#api/core/pod-spec.ts";
import type { DiskSpace } from "#base/disk.ts";
import { fileUsage } from "../eviction/file-usage.ts";
import { podLogFolder } from "../paths.ts";
import type { ServedPod, ServedPods, ServerWorkshop } from "./facts.ts";
import type { Used } from "./summary-parts.ts";

export interface PodFiles {
  readonly volumes: readonly VolumeFiles[];
  /** By container. */
  readonly logs: ReadonlyMap<string, Used>;
}

export interface VolumeFiles {
  readonly name: string;
  readonly claim?: { readonly name: string; readonly namespace: string } | undefined;
  /** Of the file system that it lies on. */
  readonly space: DiskSpace;
  /** Absent where the whole file system is the volume's. */
  readonly used?: Used | undefined;
  /** It lies on the node's disk and goes with the pod. */
  readonly isEphemeral: boolean;
}

type Volume = NonNullable<PodSpec["volumes"]>[number];
type Sources = Pick<ServerWorkshop, "disk" | "folders">;

/** By the pod's uid. A pod whose files cannot be looked at is left out: it may just be going. */
export async function readPodFiles(
  sources: Sources,
  { workers }: ServedPods,
): Promise<ReadonlyMap<string, PodFiles>> {
  const found = new Map<string, PodFiles>();
  // One after the other: nobody is in such a hurry that the disk should have to hurry.
  for (const served of workers) {
    const [files] = await Promise.allSettled([filesOf(sources, served)]);
    if (files.status === "fulfilled") found.set(served.state.uid, files.value);
  }
  return found;
}

async function filesOf(sources: Sources, served: ServedPod): Promise<PodFiles> {
  const { state } = served;
  const logs = new Map<string, Used>();
  const folder = podLogFolder(sources.folders, state);
  for (const container of (await sources.disk.list(folder)) ?? [])
    logs.set(container, await fileUsage(`${folder}/${container}`, looking(sources)));
  const volumes: VolumeFiles[] = [];
  for (const volume of state.pod?.spec.volumes ?? []) {
    const files = await volumeFiles(sources, served, volume);
    if (files) volumes.push(files);
  }
  return { logs, volumes };
}

const looking = ({ disk }: Sources) => ({ disk, signal: new AbortController().signal });

/** Of sources that a pod brings itself, and that its node makes. exact: kubelet */
async function volumeFiles(
  sources: Sources,
  { state, volumes }: ServedPod,
  volume: Volume,
): Promise<VolumeFiles | undefined> {
  const { name, persistentVolumeClaim, ephemeral, emptyDir, configMap, secret, projected } = volume;
  const { downwardAPI } = volume;
  const placed = volumes?.get(name);
  if (!placed || placed.isDevice) return undefined;
  const claimName = persistentVolumeClaim?.claimName ?? (ephemeral && `${state.name}-${name}`);
  const isOwn = [emptyDir, configMap, secret, projected, downwardAPI].some(Boolean);
  if (claimName === undefined && !isOwn) return undefined;
  const space = await sources.disk.space(placed.path);
  if (claimName !== undefined) {
    const claim = { name: claimName, namespace: state.namespace };
    return { name, claim, space, isEphemeral: false };
  }
  const used = await fileUsage(placed.path, looking(sources));
  return { name, space, used, isEphemeral: emptyDir !== undefined && emptyDir.medium !== "Memory" };
}
