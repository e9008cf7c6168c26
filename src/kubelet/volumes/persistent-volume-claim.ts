/** A claim's volume, where it is a folder of this node (hostPath, local). */
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import { checkType } from "./host-path.ts";
import { defineVolume, type VolumeContext, VolumeError } from "./volume.ts";

export const persistentVolumeClaim = defineVolume({
  of: "persistentVolumeClaim",
  folder: "kubernetes.io~local-volume",
  setUp: async ({ claimName, readOnly = false }, context) => {
    const { hostPath, local } = (await boundVolume(claimName, context)).spec;
    const path = hostPath?.path ?? local?.path;
    if (path === undefined) throw new VolumeError("no volume plugin matched");
    await checkType(context.disk, path, hostPath?.type ?? "Directory");
    return { path, isReadOnly: readOnly };
  },
});

async function boundVolume(
  claimName: string,
  { pod, objects }: VolumeContext,
): Promise<PersistentVolume> {
  const { namespace = "" } = pod.metadata;
  const claim = await objects.claim(namespace, claimName);
  if (!claim) throw new VolumeError(`persistentvolumeclaim ${JSON.stringify(claimName)} not found`);
  const { volumeName = "" } = claim.spec;
  // exact: kubelet
  if (claim.status.phase !== "Bound" || volumeName === "")
    throw new VolumeError(`error processing PVC ${namespace}/${claimName}: PVC is not bound`);
  const volume = await objects.persistentVolume(volumeName);
  if (!volume) throw new VolumeError(`persistentvolume ${JSON.stringify(volumeName)} not found`);
  return volume;
}
