import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { definePlugin, refuse, skip } from "../plugin.ts";
import { claimsOf } from "../snapshot/claims.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { areInConflict, disksOf } from "./disk-conflicts.ts";

// exact: kube-scheduler
const inUse = refuse(
  "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
);

const noDisk = refuse("node(s) had no available disk");

interface Restricted {
  /** Another pod has a claim that only one may use. */
  readonly isHeld: boolean;
  readonly disks: readonly Volume[];
}

/** A claim that only one pod may use keeps the second one waiting; a disk keeps it off the node where it is used. */
export const volumeRestrictions = definePlugin<Restricted>({
  name: "VolumeRestrictions",
  dependsOn: "cluster",
  reads: [{ kind: PersistentVolumeClaim }],
  preFilter(pod, cluster) {
    const isHeld = isHeldByAnother(pod, cluster);
    const disks = disksOf(pod.pod);
    return isHeld || disks.length > 0 ? { isHeld, disks } : skip;
  },
  filter(_pod, node, { isHeld, disks }) {
    if (isHeld) return inUse;
    return isTakenOn(node, disks) ? noDisk : undefined;
  },
  events: [
    {
      on: ["AssignedPodDelete"],
      hint: (pod, { pod: other }) => sharesClaim(pod, other?.old) || sharesDisk(pod, other?.old),
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

const isTakenOn = ({ pods }: NodeView, disks: readonly Volume[]): boolean =>
  disks.length > 0 && Array.from(pods).some(({ pod }) => areInConflict(disks, disksOf(pod)));

const sharesDisk = ({ pod }: PodInfo, other: PodInfo | undefined): boolean =>
  other !== undefined && areInConflict(disksOf(pod), disksOf(other.pod));
