import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { classNameOf } from "#api/storage/volume-binding.ts";
import { definePlugin, hopeless, Refusal, skip } from "../plugin.ts";
import { claimsOf, usesClaim } from "../snapshot/claims.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

// exact: kube-scheduler, all texts
const conflict = hopeless("node(s) had no available volume zone");
const unnamed = hopeless("PersistentVolume had no name");
const classless = hopeless("PersistentVolumeClaim had no pv name and storageClass name");

const zone = "topology.kubernetes.io/zone";
const region = "topology.kubernetes.io/region";
/** Labels that say where a volume is; volumes may still have the old ones. */
const newNames: ReadonlyMap<string, string> = new Map([
  ["failure-domain.beta.kubernetes.io/zone", zone],
  ["failure-domain.beta.kubernetes.io/region", region],
  [zone, zone],
  [region, region],
]);

/** Where a volume is: the node's label must have one of these values. */
interface Whereabouts {
  readonly key: string;
  readonly values: ReadonlySet<string>;
}

/**
 * Pods go where the zone labels of their volumes say; nodes without any such label are everywhere.
 * upstream: pkg/scheduler/framework/plugins/volumezone
 */
export const volumeZone = definePlugin<readonly Whereabouts[]>({
  name: "VolumeZone",
  dependsOn: "cluster",
  reads: [{ kind: PersistentVolumeClaim }, { kind: PersistentVolume }, { kind: StorageClass }],
  preFilter(pod, cluster) {
    if (!pod.shape.spec.volumes) return skip;
    const all: Whereabouts[] = [];
    for (const { name, isEphemeral } of claimsOf(pod.pod)) {
      if (isEphemeral) continue;
      const found = whereaboutsOf(name, pod, cluster);
      if (found instanceof Refusal) return found;
      all.push(...found);
    }
    return all.length > 0 ? all : skip;
  },
  filter(_pod, { labels }, all) {
    if (!newNames.keys().some((key) => key in labels)) return undefined;
    const isThere = all.every(({ key, values }) =>
      values.has(labels[key] ?? labels[newNames.get(key) ?? key] ?? ""),
    );
    return isThere ? undefined : conflict;
  },
  explain: (_pod, { labels }, all) =>
    all
      .filter(
        ({ key, values }) => !values.has(labels[key] ?? labels[newNames.get(key) ?? key] ?? ""),
      )
      .map(({ key, values }) => `its volume is in ${key}=${[...values].join("|")}`),
  events: [
    {
      on: ["storage.k8s.io/StorageClassAdd"],
      hint: (_pod, { object }) =>
        (object?.new as StorageClass | undefined)?.volumeBindingMode === "WaitForFirstConsumer",
    },
    { on: ["NodeAdd", "NodeUpdateNodeLabel"] },
    {
      on: ["PersistentVolumeClaimAdd", "PersistentVolumeClaimUpdate"],
      hint: (pod, { object }) => usesClaim(pod, object?.new),
    },
    { on: ["PersistentVolumeAdd"] },
    {
      on: ["PersistentVolumeUpdate"],
      hint: (_pod, { object }) =>
        textOf(object?.old as PersistentVolume) !== textOf(object?.new as PersistentVolume),
    },
  ],
});

function whereaboutsOf(
  claimName: string,
  { namespace }: PodInfo,
  { objects }: Snapshot,
): readonly Whereabouts[] | Refusal {
  const claim = objects.get(PersistentVolumeClaim, namespace, claimName);
  if (!claim) return hopeless(`persistentvolumeclaim "${claimName}" not found`);
  const { volumeName } = claim.spec;
  if (volumeName) {
    const volume = objects.get(PersistentVolume, undefined, volumeName);
    return volume ? labelled(volume) : hopeless(`persistentvolume "${volumeName}" not found`);
  }
  const className = classNameOf(claim);
  if (!className) return classless;
  const storageClass = objects.get(StorageClass, undefined, className);
  if (!storageClass) return hopeless(`storageclass.storage.k8s.io "${className}" not found`);
  return storageClass.volumeBindingMode === "WaitForFirstConsumer" ? [] : unnamed;
}

/** Several zones stand in one label: `a__b`. A label with an empty one says nothing. */
const labelled = ({ metadata: { labels = {} } }: PersistentVolume): readonly Whereabouts[] =>
  [...newNames.keys()].flatMap((key) => {
    const values = labels[key]?.split("__").map((value) => value.trim());
    return values && !values.includes("") ? [{ key, values: new Set(values) }] : [];
  });

const textOf = (volume: PersistentVolume): string =>
  JSON.stringify(labelled(volume).map(({ key, values }) => [key, [...values].sort()]));
