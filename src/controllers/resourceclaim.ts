import { Pod } from "#api/core/pod.ts";
import { ResourceClaim, type ResourceClaimConsumerReference } from "#api/resource/resourceclaim.ts";
import { isDone, isPodReference } from "./resourceclaim/consumers.ts";
import { resourceclaimRules } from "./resourceclaim/rules.ts";
import { defineController, type View, watching } from "./runtime/controller.ts";
import { andThen, type Effect, remove, setStatus, update } from "./runtime/effects.ts";
import { controllerOf } from "./runtime/ownership.ts";
import { fetched, inSteps, type Steps } from "./runtime/steps.ts";

// exact: resource.k8s.io
const protection = "resource.kubernetes.io/delete-protection";

/**
 * Takes reservations back from pods that are done, frees what nobody uses any more, and removes the
 * claims that were made for such pods.
 * upstream: pkg/controller/resourceclaim/controller.go#syncClaim
 */
export const resourceclaimController = defineController({
  name: "resourceclaim-controller",
  identity: "resource-claim-controller",
  queue: "resource_claim",
  for: ResourceClaim,
  watches: [watching(Pod, claimsConcerned)],
  rules: resourceclaimRules,
  reconcile: (claim, view) => inSteps(settleClaim(claim, view)),
});

/** A pod that goes on as it was changes nothing. */
function* claimsConcerned(pod: Pod, _old: Pod | undefined, view: View): Generator<string> {
  const { namespace, name = "" } = pod.metadata;
  if (!pod.spec.resourceClaims?.length) return;
  if (!isDone(pod) && view.get(Pod, namespace, name)) return;
  const told = pod.status.resourceClaimStatuses ?? [];
  for (const { resourceClaimName } of [...pod.spec.resourceClaims, ...told]) {
    if (resourceClaimName) yield `${namespace}/${resourceClaimName}`;
  }
}

function* settleClaim(claim: ResourceClaim, view: View): Steps<readonly Effect[]> {
  const { reservedFor = [] } = claim.status;
  const left: ResourceClaimConsumerReference[] = [];
  for (const consumer of reservedFor) {
    if (!isPodReference(consumer) || (yield* isInUse(consumer, claim, view))) left.push(consumer);
  }
  if (left.length < reservedFor.length) return [release(claim, left)];
  return left.length > 0 ? [] : tidyUp(claim, view);
}

/** Of a claim that nobody uses. */
function tidyUp(claim: ResourceClaim, view: View): readonly Effect[] {
  const { metadata, status } = claim;
  const { deletionTimestamp, finalizers = [] } = metadata;
  if (deletionTimestamp && status.allocation) return [release(claim, [])];
  // Of one that is not being deleted, the scheduler may just have begun to allocate it.
  if (deletionTimestamp && finalizers.includes(protection)) return [unprotect(claim)];
  return !deletionTimestamp && isOver(claim, view) ? [remove(ResourceClaim, claim)] : [];
}

function unprotect(claim: ResourceClaim): Effect {
  const { metadata } = claim;
  const finalizers = (metadata.finalizers ?? []).filter((finalizer) => finalizer !== protection);
  return update(ResourceClaim, { ...claim, metadata: { ...metadata, finalizers } });
}

/** What is allocated goes back with the last who used it, and the protection with that. */
function release(claim: ResourceClaim, left: readonly ResourceClaimConsumerReference[]): Effect {
  const { allocation, devices, reservedFor: _before, ...rest } = claim.status;
  const kept = {
    ...(allocation ? { allocation } : {}),
    ...(devices ? { devices } : {}),
    reservedFor: left,
  };
  if (left.length > 0) return setStatus(ResourceClaim, claim, { ...rest, ...kept });
  return andThen(setStatus(ResourceClaim, claim, rest), (freed) =>
    freed?.metadata.finalizers?.includes(protection) ? [unprotect(freed as ResourceClaim)] : [],
  );
}

/** The cache may not show a pod that is there already. */
function* isInUse(
  { name, uid }: ResourceClaimConsumerReference,
  { metadata: { namespace = "" } }: ResourceClaim,
  view: View,
): Steps<boolean> {
  const known = view.get(Pod, namespace, name);
  const pod = known?.metadata.uid === uid ? known : yield* fetched(Pod, { namespace, name });
  return pod !== undefined && pod.metadata.uid === uid && !isDone(pod);
}

/** It was made for a pod that has ended. One whose pod is gone goes with its owner. */
function isOver(claim: ResourceClaim, view: View): boolean {
  const owner = controllerOf(claim);
  if (!owner || owner.kind !== Pod.kind) return false;
  const pod = view.get(Pod, claim.metadata.namespace, owner.name);
  return pod?.metadata.uid === owner.uid && isDone(pod);
}
