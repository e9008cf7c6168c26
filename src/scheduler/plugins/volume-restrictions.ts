/**
 * Volumes that may not be used twice.
 * upstream: pkg/scheduler/framework/plugins/volumerestrictions
 * differs: upstream also keeps pods apart that name the same disk in the pod itself (GCE, EBS, iSCSI, RBD).
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { definePlugin, refuse, skip } from "../plugin.ts";
import { claimsOf } from "../snapshot/claims.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

// exact: kube-scheduler
const inUse = refuse(
  "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
);

/** A claim that only one pod may use keeps the second one waiting. */
export const volumeRestrictions = definePlugin<true>({
  name: "VolumeRestrictions",
  dependsOn: "cluster",
  reads: [{ kind: PersistentVolumeClaim }],
  preFilter: (pod, cluster) => (isHeldByAnother(pod, cluster) ? true : skip),
  filter: () => inUse,
  events: [
    {
      on: ["AssignedPodDelete"],
      hint: (pod, { pod: other }) => sharesClaim(pod, other?.old),
    },
    { on: ["PersistentVolumeClaimAdd", "PersistentVolumeClaimUpdate"] },
  ],
});

const isHeldByAnother = (
  { pod, namespace, shape }: PodInfo,
  { objects, claimUses }: Snapshot,
): boolean =>
  shape.spec.volumes !== undefined &&
  claimsOf(pod).some(({ name }) => {
    const claim = objects.get(PersistentVolumeClaim, namespace, name);
    const isExclusive = claim?.spec.accessModes?.includes("ReadWriteOncePod") ?? false;
    return isExclusive && claimUses.of(namespace, name) > 0;
  });

function sharesClaim(pod: PodInfo, other: PodInfo | undefined): boolean {
  if (other?.namespace !== pod.namespace) return false;
  const freed = new Set(claimsOf(other.pod).map(({ name }) => name));
  return claimsOf(pod.pod).some(({ name }) => freed.has(name));
}
