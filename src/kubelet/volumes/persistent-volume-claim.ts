/** A claim's volume: a driver's, or a folder of this node (hostPath, local). */
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import { wantedOfClaim } from "../csi/wanted-volume.ts";
import { containersOf } from "../pod/pod-containers.ts";
import { checkType } from "./host-path.ts";
import { defineVolume, type PlacedResult, type VolumeContext, VolumeError } from "./volume.ts";

export const persistentVolumeClaim = defineVolume({
  of: "persistentVolumeClaim",
  folder: "kubernetes.io~local-volume",
  setUp: ({ claimName, readOnly = false }, context) =>
    setUpClaim({ claimName, readOnly }, context, () => true),
});

interface Use {
  readonly claimName: string;
  readonly readOnly: boolean;
}

/** Puts a claim's volume in place, if the pod may use the claim. */
export async function setUpClaim(
  { claimName, readOnly }: Use,
  context: VolumeContext,
  isAllowed: (claim: PersistentVolumeClaim) => boolean,
): Promise<PlacedResult> {
  const bound = await boundVolume(claimName, context, isAllowed);
  checkMode(bound.claim, context);
  const { hostPath, local, csi, volumeMode } = bound.volume.spec;
  const isDevice = volumeMode === "Block";
  const { pod, objects } = context;
  if (csi)
    return context.csi.setUp(wantedOfClaim(csi, { ...bound, pod, isReadOnly: readOnly }), objects);
  const path = hostPath?.path ?? local?.path;
  if (path === undefined) throw new VolumeError("no volume plugin matched");
  await checkType(context.disk, path, isDevice ? "BlockDevice" : (hostPath?.type ?? "Directory"));
  return { path, isReadOnly: readOnly, ...(isDevice ? { isDevice } : {}) };
}

/** exact: kubelet */
function checkMode({ spec }: PersistentVolumeClaim, { pod, name }: VolumeContext): void {
  const mode = spec.volumeMode ?? "Filesystem";
  const wrong = mode === "Block" ? "volumeMounts" : "volumeDevices";
  const isWrong = containersOf(pod).some(({ container }) =>
    (container[wrong] ?? []).some((use) => use.name === name),
  );
  if (isWrong)
    throw new VolumeError(`volume ${name} has volumeMode ${mode}, but is specified in ${wrong}`);
}

interface Bound {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume;
}

async function boundVolume(
  claimName: string,
  { pod, objects }: VolumeContext,
  isAllowed: (claim: PersistentVolumeClaim) => boolean,
): Promise<Bound> {
  const { namespace = "" } = pod.metadata;
  const claim = await objects.claim(namespace, claimName);
  if (!claim) throw new VolumeError(`persistentvolumeclaim ${JSON.stringify(claimName)} not found`);
  // exact: kubelet
  if (!isAllowed(claim))
    throw new VolumeError(
      `PVC ${namespace}/${claimName} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
    );
  const { volumeName = "" } = claim.spec;
  // exact: kubelet
  if (claim.status.phase !== "Bound" || volumeName === "")
    throw new VolumeError(`error processing PVC ${namespace}/${claimName}: PVC is not bound`);
  const volume = await objects.persistentVolume(volumeName);
  if (!volume) throw new VolumeError(`persistentvolume ${JSON.stringify(volumeName)} not found`);
  return { claim, volume };
}
