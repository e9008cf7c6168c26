/**
 * Who owns the claims of a set, and so what they go with: nobody, the set, or the pod when it is
 * one too many.
 * upstream: pkg/controller/statefulset/stateful_set_utils.go#isClaimOwnerUpToDate
 */
import { StatefulSet } from "#api/apps/statefulset.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { OwnerReference } from "#api/meta/object-meta.ts";
import { isSame } from "#client/canonical.ts";
import type { View } from "../runtime/controller.ts";
import { type Effect, update } from "../runtime/effects.ts";
import { controllerReference } from "../runtime/ownership.ts";
import { claimsOf } from "./claims.ts";
import { isWanted, ordinalOf } from "./identity.ts";

/** Makes the owners of the pod's claims what the policy says. */
export function retention(set: StatefulSet, pod: Pod, view: View): readonly Effect[] {
  return claimsOf(set, ordinalOf(pod), view).flatMap((claim) => {
    const ownerReferences = ownersOf(claim, set, pod);
    if (isSame(ownerReferences, claim.metadata.ownerReferences ?? [])) return [];
    const metadata = { ...claim.metadata, ownerReferences };
    return [update(PersistentVolumeClaim, { ...claim, metadata })];
  });
}

/** Of a pod that is not there any more: the claim is about to go as well. */
export const hasStaleClaim = (
  set: StatefulSet,
  { ordinal, name }: { readonly ordinal: number; readonly name: string },
  view: View,
): boolean =>
  claimsOf(set, ordinal, view).some(({ metadata }) =>
    metadata.ownerReferences?.some((owner) => isNamed(owner, Pod, name)),
  );

function ownersOf(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod) {
  const owners = claim.metadata.ownerReferences ?? [];
  const ours = owners.filter((owner) => isOneOf(owner, set, pod));
  // Of a set or pod of the same name that is gone: the garbage collector will see to it.
  if (ours.some(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid)) return owners;
  const others = owners.filter((owner) => !ours.includes(owner));
  const wanted = wantedOwner(set, pod);
  const hasPolicy = policyOf(set).whenDeleted === "Delete" || policyOf(set).whenScaled === "Delete";
  if (hasPolicy && others.some(({ controller }) => controller)) return others;
  if (!wanted) return others;
  const reference = controllerReference(...wanted);
  return ours.length === 1 && isSame(ours[0], reference) ? owners : [...others, reference];
}

const policyOf = ({ spec }: StatefulSet) => spec.persistentVolumeClaimRetentionPolicy ?? {};

function wantedOwner(
  set: StatefulSet,
  pod: Pod,
): readonly [kind: AnyKind, owner: ApiObject] | undefined {
  const { whenDeleted, whenScaled } = policyOf(set);
  const isSurplus = !isWanted(set, ordinalOf(pod));
  if (whenScaled === "Delete" && isSurplus) return [Pod, pod];
  return whenDeleted === "Delete" ? [StatefulSet, set] : undefined;
}

const isOneOf = (owner: OwnerReference, set: StatefulSet, pod: Pod): boolean =>
  isNamed(owner, StatefulSet, set.metadata.name) || isNamed(owner, Pod, pod.metadata.name);

const isNamed = (
  owner: OwnerReference,
  { kind, apiVersion }: AnyKind,
  name: string | undefined,
): boolean => owner.kind === kind && owner.apiVersion === apiVersion && owner.name === name;
