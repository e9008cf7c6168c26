/**
 * Brings claims and volumes together.
 * upstream: pkg/controller/volume/persistentvolume
 */
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { Pod } from "#api/core/pod.ts";
import { minutes } from "#base/clock.ts";
import type { Index } from "#client/cache.ts";
import { StorageClass } from "#api/storage/storageclass.ts";
import { classNameOf, isClaimBound } from "#api/storage/volume-binding.ts";
import {
  type AnyController,
  defineController,
  eventsRule,
  type View,
  watching,
} from "./runtime/controller.ts";
import { wakeIn } from "./runtime/effects.ts";
import { fullKeyOf } from "./runtime/run.ts";
import { syncClaim } from "./storage/claim-binding.ts";
import { claimNames } from "./storage/claim-users.ts";
import { volumeMeter } from "./storage/volume-counts.ts";
import { syncVolume } from "./storage/volume-phases.ts";

/**
 * Events about claims that wait are said again so often.
 * differs: upstream does so every 15 seconds; that would never let a cluster with such a claim rest.
 */
const reminderMs = minutes(5);

export const persistentVolumeBinder: AnyController = defineController({
  name: "persistentvolume-binder-controller",
  identity: "persistent-volume-binder",
  eventSource: "persistentvolume-controller",
  queue: "claims",
  meter: volumeMeter,
  for: [PersistentVolumeClaim, PersistentVolume],
  // Two claims must not be given one volume; a conflict would tell, but only after a detour.
  oneAtATime: true,
  watches: [
    watching(PersistentVolume, claimsOfVolume),
    watching(PersistentVolumeClaim, volumesOfClaim),
    watching(StorageClass, claimsOfClass),
    watching(Pod, waitingClaimsOf),
  ],
  rules: [
    {
      verbs: ["get", "list", "watch", "update", "create", "delete"],
      apiGroups: [""],
      resources: ["persistentvolumes"],
    },
    { verbs: ["update"], apiGroups: [""], resources: ["persistentvolumes/status"] },
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: [""],
      resources: ["persistentvolumeclaims"],
    },
    { verbs: ["update"], apiGroups: [""], resources: ["persistentvolumeclaims/status"] },
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["pods"] },
    {
      verbs: ["get", "list", "watch"],
      apiGroups: ["storage.k8s.io"],
      resources: ["storageclasses"],
    },
    eventsRule,
  ],

  reconcile(object, view) {
    if (object.kind === PersistentVolume.kind) return syncVolume(object as PersistentVolume, view);
    const claim = object as PersistentVolumeClaim;
    const waits = claim.status.phase === "Pending" || claim.status.phase === undefined;
    return [...(waits ? [wakeIn(reminderMs)] : []), ...syncClaim(claim, view)];
  },
});

/** Its own, or, when it is anyone's, all that still look for one. */
function* claimsOfVolume(
  volume: PersistentVolume,
  _old: PersistentVolume | undefined,
  view: View,
): Iterable<string> {
  const { claimRef } = volume.spec;
  if (claimRef) {
    const claim = view.get(PersistentVolumeClaim, claimRef.namespace, claimRef.name ?? "");
    if (claim) yield fullKeyOf(claim);
    return;
  }
  for (const claim of view.list(PersistentVolumeClaim))
    if (!isClaimBound(claim)) yield fullKeyOf(claim);
}

/** Also that of a claim that is gone. */
function* volumesOfClaim(
  { metadata, spec }: PersistentVolumeClaim,
  old: PersistentVolumeClaim | undefined,
  view: View,
): Iterable<string> {
  for (const name of new Set([spec.volumeName, old?.spec.volumeName])) {
    const volume = name ? view.get(PersistentVolume, undefined, name) : undefined;
    if (volume) yield fullKeyOf(volume);
  }
  if (spec.volumeName) return;
  for (const volume of view.by(PersistentVolume, byClaimUid, metadata.uid ?? ""))
    yield fullKeyOf(volume);
}

const byClaimUid: Index<PersistentVolume> = ({ spec: { claimRef } }) =>
  claimRef?.uid ? [claimRef.uid] : [];

function* claimsOfClass(
  { metadata }: StorageClass,
  _old: StorageClass | undefined,
  view: View,
): Iterable<string> {
  for (const claim of view.list(PersistentVolumeClaim)) {
    const name = classNameOf(claim);
    if (!claim.spec.volumeName && (name === undefined || name === metadata.name))
      yield fullKeyOf(claim);
  }
}

/** Their events tell which pods they wait for. */
function* waitingClaimsOf(pod: Pod, old: Pod | undefined, view: View): Iterable<string> {
  if (old && !!old.spec.nodeName === !!pod.spec.nodeName) return;
  for (const name of claimNames(pod)) {
    const claim = view.get(PersistentVolumeClaim, pod.metadata.namespace, name);
    if (claim && !claim.spec.volumeName) yield fullKeyOf(claim);
  }
}
