import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { CSINode } from "#api/storage/csinode.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { VolumeAttachment } from "#api/storage/volumeattachment.ts";
import { classNameOf } from "#api/storage/volume-binding.ts";
import { definePlugin, hopeless, refuse, skip } from "../plugin.ts";
import { claimsOf, usesClaim } from "../snapshot/claims.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** exact: kube-scheduler */
const tooMany = refuse("node(s) exceed max volume count");

/** The driver of each volume, by a name that is the volume's own. */
type Volumes = ReadonlyMap<string, string>;

interface Question {
  readonly wanted: Volumes;
  readonly cluster: Snapshot;
  /** Attached already, by node; found when it is first needed. */
  readonly attached: () => ReadonlyMap<string, Volumes>;
}

/**
 * A driver takes only so many volumes on one node (`CSINode`).
 * differs: volumes of types that were moved to CSI drivers are not counted for those drivers.
 * upstream: pkg/scheduler/framework/plugins/nodevolumelimits
 */
export const nodeVolumeLimits = definePlugin<Question>({
  name: "NodeVolumeLimits",
  dependsOn: "cluster",
  reads: [
    { kind: CSINode },
    { kind: VolumeAttachment, ignoresStatus: true },
    { kind: PersistentVolumeClaim },
    { kind: PersistentVolume },
    { kind: StorageClass },
  ],
  preFilter(pod, cluster) {
    if (!pod.shape.spec.volumes) return skip;
    for (const { name } of claimsOf(pod.pod)) {
      if (!cluster.objects.get(PersistentVolumeClaim, pod.namespace, name))
        return hopeless(`persistentvolumeclaim "${name}" not found`);
    }
    const wanted = volumesOf(pod, cluster);
    if (wanted.size === 0) return skip;
    let attached: ReadonlyMap<string, Volumes> | undefined;
    return { wanted, cluster, attached: () => (attached ??= attachedIn(cluster)) };
  },
  filter: (_pod, node, question) => (excess(node, question).length > 0 ? tooMany : undefined),
  explain: (_pod, node, question) =>
    excess(node, question).map(
      ({ driver, limit, used, more }) =>
        `${driver} takes ${limit} volumes, has ${used}, the pod brings ${more}`,
    ),
  events: [
    { on: ["storage.k8s.io/CSINodeAdd"] },
    {
      on: ["storage.k8s.io/CSINodeUpdate"],
      hint(_pod, { object }) {
        const before = limitsOf(object?.old as CSINode | undefined);
        const after = limitsOf(object?.new as CSINode | undefined);
        return [...after].some(([driver, limit]) => limit > (before.get(driver) ?? 0));
      },
    },
    {
      on: ["AssignedPodDelete"],
      hint: (_pod, { pod: other }) =>
        other?.old !== undefined && claimsOf(other.old.pod).length > 0,
    },
    {
      on: ["PersistentVolumeClaimAdd"],
      hint: (pod, { object }) => usesClaim(pod, object?.new),
    },
    {
      on: ["storage.k8s.io/VolumeAttachmentDelete"],
      hint: ({ pod }) => claimsOf(pod).some(({ isEphemeral }) => !isEphemeral),
    },
  ],
});

interface Excess {
  readonly driver: string;
  readonly limit: number;
  readonly used: number;
  readonly more: number;
}

/** Drivers that would have too many; a volume that several pods use counts once. */
function excess(node: NodeView, { wanted, cluster, attached }: Question): readonly Excess[] {
  const limits = limitsOf(cluster.objects.get(CSINode, undefined, node.name));
  if (limits.size === 0) return [];
  const inUse = new Map([...node.pods].flatMap((pod) => [...volumesOf(pod, cluster)]));
  const used = countsOf(new Map([...(attached().get(node.name) ?? []), ...inUse]));
  const more = countsOf(new Map([...wanted].filter(([volume]) => !inUse.has(volume))));
  return [...more].flatMap(([driver, count]) => {
    const [limit, now] = [limits.get(driver), used.get(driver) ?? 0];
    return limit !== undefined && now + count > limit
      ? [{ driver, limit, used: now, more: count }]
      : [];
  });
}

/** Of drivers that say how many. */
const limitsOf = (node: CSINode | undefined): ReadonlyMap<string, number> =>
  new Map(
    (node?.spec.drivers ?? []).flatMap(({ name, allocatable }): [string, number][] =>
      allocatable?.count === undefined ? [] : [[name, allocatable.count]],
    ),
  );

function countsOf(volumes: Volumes): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const driver of volumes.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
  return counts;
}

/** Volumes of drivers that the pod's claims have, or will have once they are bound. */
function volumesOf({ pod, namespace }: PodInfo, cluster: Snapshot): Volumes {
  const { objects } = cluster;
  const volumes = new Map<string, string>();
  for (const { name } of claimsOf(pod)) {
    const claim = objects.get(PersistentVolumeClaim, namespace, name);
    if (!claim) continue;
    const bound = driverOf(claim.spec.volumeName ?? "", cluster);
    const className = classNameOf(claim);
    const storageClass = className && objects.get(StorageClass, undefined, className);
    if (bound) volumes.set(bound.volume, bound.driver);
    // It is not there yet: the claim stands for the volume.
    else if (bound === undefined && storageClass)
      volumes.set(`claim ${namespace}/${name}`, storageClass.provisioner);
  }
  return volumes;
}

/** Undefined when the volume is not there; null when no driver makes it. */
function driverOf(name: string, { objects }: Snapshot) {
  const volume = objects.get(PersistentVolume, undefined, name);
  if (!volume) return undefined;
  const { csi } = volume.spec;
  return csi ? { volume: `${csi.driver}/${csi.volumeHandle}`, driver: csi.driver } : null;
}

function attachedIn(cluster: Snapshot): ReadonlyMap<string, Volumes> {
  const byNode = new Map<string, Map<string, string>>();
  for (const { spec } of cluster.objects.list(VolumeAttachment)) {
    const { persistentVolumeName } = spec.source;
    const found = persistentVolumeName && driverOf(persistentVolumeName, cluster);
    if (!found) continue;
    const volumes = byNode.get(spec.nodeName) ?? new Map<string, string>();
    byNode.set(spec.nodeName, volumes.set(found.volume, found.driver));
  }
  return byNode;
}
