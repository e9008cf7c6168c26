/** A pod's volumes: put in place, brought up to date. */
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { podMemoryFolder, volumesFolder } from "../paths.ts";
import { mountVolumes as mountAll, type PodVolumesOptions } from "../volumes/pod-volumes.ts";
import { type Job, type Performer, podOf } from "./job.ts";

export const mountVolumes: Performer<"mountVolumes"> = async (job) => {
  const result = await mountAll(podOf(job), volumeOptions(job));
  const { failures, refreshAtMs } = result;
  if (failures.length > 0) return { ok: false, message: "some volumes failed", volumes: failures };
  job.volumes.mounted = result.volumes;
  return { ok: true, refreshAtMs };
};

export const refreshVolumes: Performer<"refreshVolumes"> = async (job) => {
  const { failures, refreshAtMs } = await mountAll(podOf(job), volumeOptions(job));
  const [first] = failures;
  if (!first) return { ok: true, refreshAtMs };
  return { ok: false, message: `${first.volume}: ${first.message}` };
};

export function volumeOptions({ workshop, state }: Job): PodVolumesOptions {
  const { disk, mounts, csi, clock, folders, objects, tokens, node, runtime, metrics } = workshop;
  return {
    disk,
    runtime,
    metrics,
    mounts,
    csi,
    clock,
    diskFolder: volumesFolder(folders, state.uid),
    memoryFolder: `${podMemoryFolder(folders, state.uid)}/volumes`,
    objects: {
      configMap: (namespace, name) => objects.configMap(namespace, name),
      secret: (namespace, name) => objects.secret(namespace, name),
      claim: (namespace, name) => objects.get(PersistentVolumeClaim, { namespace, name }),
      persistentVolume: (name) => objects.get(PersistentVolume, { name }),
      token: (pod, projection) => tokens.token(pod, projection),
    },
    addresses: { podIps: state.runtime?.sandboxes[0]?.ips ?? [], hostIps: node.hostIps() },
    allocatable: node.allocatable(),
  };
}
