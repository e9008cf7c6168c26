/**
 * Which volume fits which claim. The binder asks for claims that are bound at once, the scheduler
 * for those that wait until their pod has a node.
 * upstream: staging/src/k8s.io/component-helpers/storage/volume
 */
import { matchesNodeSelector, type SelectableNode } from "#api/core/node-affinity.ts";
import type { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import type { PersistentVolume } from "#api/core/persistentvolume.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { bytesOf } from "#base/quantity.ts";
import type { StorageClass } from "./storageclass.ts";

/** What the parties of a binding tell each other by. exact: Kubernetes, all of them */
export const bindingAnnotations = {
  /** On a claim: it has been bound, and what goes missing from now on is lost. */
  completed: "pv.kubernetes.io/bind-completed",
  /** On either: the binder chose, not a user; so it may be undone. */
  byController: "pv.kubernetes.io/bound-by-controller",
  /** On a volume: who made it. */
  provisionedBy: "pv.kubernetes.io/provisioned-by",
  /** On a claim: who is to make its volume. */
  provisioner: "volume.kubernetes.io/storage-provisioner",
  betaProvisioner: "volume.beta.kubernetes.io/storage-provisioner",
  /** On a claim: where its first pod runs. */
  selectedNode: "volume.kubernetes.io/selected-node",
  betaClass: "volume.beta.kubernetes.io/storage-class",
} as const;

/** The provisioner of classes whose volumes people make. exact: Kubernetes */
export const noProvisioner = "kubernetes.io/no-provisioner";

/** "" when it wants a volume without one. Undefined: a default class may come. */
export const classNameOf = ({ metadata, spec }: PersistentVolumeClaim): string | undefined =>
  metadata.annotations?.[bindingAnnotations.betaClass] ?? spec.storageClassName;

const classOfVolume = ({ metadata, spec }: PersistentVolume): string =>
  metadata.annotations?.[bindingAnnotations.betaClass] ?? spec.storageClassName ?? "";

/** It has a volume, and both know. */
export const isClaimBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  !!spec.volumeName && metadata.annotations?.[bindingAnnotations.completed] !== undefined;

/** Its volume is chosen, or made, where its first pod is to run. */
export const waitsForConsumer = (
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
): boolean => !claim.spec.volumeName && storageClass?.volumeBindingMode === "WaitForFirstConsumer";

/** The volume is meant for the claim; a user who reserves one need not know the claim's uid. */
export function isMeantFor(
  { spec: { claimRef } }: PersistentVolume,
  { metadata }: PersistentVolumeClaim,
): boolean {
  if (claimRef?.name !== metadata.name || claimRef?.namespace !== metadata.namespace) return false;
  return !claimRef?.uid || claimRef.uid === metadata.uid;
}

interface Search {
  /** Only what this node reaches; without it volumes are not asked where they are. */
  readonly node?: SelectableNode;
  /** Chosen for other claims already. */
  readonly isTaken?: (volume: PersistentVolume) => boolean;
  /** Nothing is to be chosen before the pod has a node: only what is reserved for the claim. */
  readonly isReservedOnly?: boolean;
}

/** The smallest that will do; one that is reserved for the claim before all others. */
export function findVolumeFor(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  { node, isTaken = nobody, isReservedOnly }: Search = {},
): PersistentVolume | undefined {
  const wanted = wishesOf(claim);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (isTaken(volume) || !isOfUse(volume, claim, wanted) || !reaches(node, volume)) continue;
    if (isMeantFor(volume, claim)) return volume;
    if (isReservedOnly || !isForAnyone(volume, claim, wanted)) continue;
    if (!best || sizeOf(volume) < sizeOf(best)) best = volume;
  }
  return best;
}

const nobody = (): boolean => false;

/** So it does while there is no node yet. */
export const reaches = (node: SelectableNode | undefined, { spec }: PersistentVolume): boolean =>
  !node || !spec.nodeAffinity?.required || matchesNodeSelector(spec.nodeAffinity.required, node);

interface Wishes {
  readonly bytes: number;
  readonly className: string;
  readonly matches: (volume: PersistentVolume) => boolean;
}

function wishesOf(claim: PersistentVolumeClaim): Wishes {
  const { selector, resources } = claim.spec;
  const matcher = selector && labelSelectorOf(selector);
  return {
    bytes: bytesOf(resources.requests?.["storage"] ?? "0"),
    className: classNameOf(claim) ?? "",
    matches: ({ metadata }) => matcher?.matches(metadata.labels) ?? true,
  };
}

/** As little as even a volume that is reserved must have. */
const isOfUse = (
  volume: PersistentVolume,
  { spec }: PersistentVolumeClaim,
  { bytes }: Wishes,
): boolean =>
  sizeOf(volume) >= bytes &&
  modeOf(volume.spec) === modeOf(spec) &&
  !volume.metadata.deletionTimestamp &&
  isSameAttributesClass(volume, { spec });

const isSameAttributesClass = (
  { spec: offered }: Pick<PersistentVolume, "spec">,
  { spec: wanted }: Pick<PersistentVolumeClaim, "spec">,
): boolean =>
  (offered.volumeAttributesClassName ?? "") === (wanted.volumeAttributesClassName ?? "");

const isForAnyone = (
  volume: PersistentVolume,
  { spec }: PersistentVolumeClaim,
  { className, matches }: Wishes,
): boolean =>
  volume.status.phase === "Available" &&
  !volume.spec.claimRef &&
  classOfVolume(volume) === className &&
  (spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)) &&
  matches(volume);

const sizeOf = ({ spec }: PersistentVolume): number => bytesOf(spec.capacity?.["storage"] ?? "0");

const modeOf = ({ volumeMode = "Filesystem" }: { readonly volumeMode?: string | undefined }) =>
  volumeMode;

/** What does not fit in a volume that a user chose for a claim. exact: kube-controller-manager */
export function misfit(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const { name, deletionTimestamp } = volume.metadata;
  if (deletionTimestamp) return `the volume is marked for deletion ${JSON.stringify(name)}`;
  const wanted = wishesOf(claim);
  if (sizeOf(volume) < wanted.bytes) return "requested PV is too small";
  if (classOfVolume(volume) !== wanted.className) return "storageClassName does not match";
  if (!isSameAttributesClass(volume, claim)) return "volumeAttributesClassName does not match";
  if (modeOf(volume.spec) !== modeOf(claim.spec)) return "incompatible volumeMode";
  const isAccessible = (claim.spec.accessModes ?? []).every((mode) =>
    volume.spec.accessModes?.includes(mode),
  );
  return isAccessible ? undefined : "incompatible accessMode";
}
