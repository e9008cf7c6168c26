/** All volumes of one pod: puts them in place, keeps them up to date, takes them away. */
import type { Pod } from "#api/core/pod.ts";
import type { Volume, VolumeSource } from "#api/core/volume-sources.ts";
import type { Clock } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Reference } from "../container/environment.ts";
import type { MountedVolume, MountedVolumes } from "../container/mounts.ts";
import type { VolumeFailure } from "../pod/effects.ts";
import { measureMount } from "../numbers/storage.ts";
import { containersOf } from "../pod/pod-containers.ts";
import { writeFolder } from "./atomic-folder.ts";
import * as catalog from "./catalog.ts";
import { type ImageHolder, releaseImages } from "./image.ts";
import { groupOf } from "./ownership.ts";
import { type PlacedResult, type VolumeContext, VolumeError, type VolumeType } from "./volume.ts";

const types: ReadonlyMap<keyof VolumeSource, VolumeType> = new Map(
  Object.values(catalog).map((type) => [type.of, type as unknown as VolumeType]),
);

export interface PodVolumesOptions extends Omit<VolumeContext, "folder" | "name" | "pod"> {
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly runtime: ImageHolder["runtime"];
  /** Where volumes lie that keep what is written to them. */
  readonly diskFolder: string;
  /** In memory: for what we make ourselves, secrets among it. */
  readonly memoryFolder: string;
}

export interface MountResult {
  readonly volumes: MountedVolumes;
  readonly failures: readonly VolumeFailure[];
  /** When something has to be renewed. */
  readonly refreshAtMs: number;
}

/** Idempotent; what failed is named, and the rest is there. */
export async function mountVolumes(pod: Pod, options: PodVolumesOptions): Promise<MountResult> {
  const used = usedVolumes(pod);
  const volumes = new Map<string, MountedVolume>();
  const failures: VolumeFailure[] = [];
  let refreshAtMs = Infinity;
  const mountOne = async (volume: Volume): Promise<void> => {
    try {
      const mounted = await measureMount(options, volume, () => mountVolume(pod, volume, options));
      volumes.set(volume.name, mounted);
      refreshAtMs = Math.min(refreshAtMs, mounted.refreshAtMs ?? Infinity);
    } catch (error) {
      failures.push(failureOf(volume, error));
    }
  };
  await Promise.all(used.map(mountOne));
  return { volumes, failures, refreshAtMs };
}

function failureOf({ name }: Volume, error: unknown): VolumeFailure {
  const message = messageOf(error);
  const details = error instanceof VolumeError ? error.details : {};
  return { volume: name, message, ...details, ...(details.volume ? { inPod: name } : {}) };
}

/** A volume that no container uses is nobody's business. */
function usedVolumes(pod: Pod): readonly Volume[] {
  const names = new Set(
    containersOf(pod).flatMap(({ container: { volumeMounts = [], volumeDevices = [] } }) =>
      [...volumeMounts, ...volumeDevices].map(({ name }) => name),
    ),
  );
  return (pod.spec.volumes ?? []).filter(({ name }) => names.has(name));
}

async function mountVolume(
  pod: Pod,
  volume: Volume,
  options: PodVolumesOptions,
): Promise<PlacedResult> {
  const type = typeOf(volume);
  const source = volume[type.of] as never;
  const { name } = volume;
  const place = `${type.folder}/${name}`;
  if ("setUp" in type)
    return type.setUp(source, { ...options, pod, name, folder: `${options.diskFolder}/${place}` });
  const path = `${options.memoryFolder}/${place}`;
  const { files, refreshAtMs } = await type.files(source, { ...options, pod, name, folder: path });
  const { disk, clock } = options;
  await writeFolder({ disk, path, gid: groupOf(pod), nowMs: clock.now() }, files);
  return { path, isReadOnly: true, ...(refreshAtMs === undefined ? {} : { refreshAtMs }) };
}

function typeOf(volume: Volume): VolumeType {
  for (const [of, type] of types) if (volume[of] !== undefined) return type;
  throw new VolumeError("no volume plugin matched"); // exact: kubelet
}

/** The pod has ended: what it kept is gone. */
export async function unmountVolumes(uid: string, options: PodVolumesOptions): Promise<void> {
  const { disk, mounts, diskFolder, memoryFolder } = options;
  await options.csi.tearDown(uid);
  await mounts.unmountBelow(diskFolder);
  await releaseImages(uid, diskFolder, options);
  await disk.remove(diskFolder);
  await disk.remove(memoryFolder);
}

/** The objects whose changes concern the pod's volumes. */
export const volumeReferences = (pod: Pod): readonly Reference[] =>
  usedVolumes(pod).flatMap(({ configMap, secret, projected }) => [
    ...referencesTo(configMap?.name, secret?.secretName),
    ...(projected?.sources ?? []).flatMap((part) =>
      referencesTo(part.configMap?.name, part.secret?.name),
    ),
  ]);

const referencesTo = (configMap = "", secret = ""): readonly Reference[] => [
  ...(configMap ? [{ kind: "ConfigMap", name: configMap } as const] : []),
  ...(secret ? [{ kind: "Secret", name: secret } as const] : []),
];
