/** Making and deleting the pods of a workload, and telling about it as upstream's pod control does. */
import { ApiError } from "#api/errors.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { Pod } from "#api/core/pod.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { messageOf } from "#base/failure.ts";
import { type Effect, failureIn, note, type Outcome, warn } from "./runtime/effects.ts";
import { controllerReference } from "./runtime/ownership.ts";

/** upstream: pkg/controller/controller_utils.go#GetPodFromTemplate */
export function podFor(
  owner: ApiObject,
  { metadata, spec }: PodTemplateSpec,
  kind: AnyKind,
): { readonly metadata: object; readonly spec: PodTemplateSpec["spec"] } {
  const { labels, annotations, finalizers } = metadata;
  return {
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      labels,
      annotations,
      finalizers,
      ownerReferences: [controllerReference(kind, owner)],
    },
    spec,
  };
}

// exact: kube-controller-manager
export function creationEvent(owner: ApiObject, outcome: Outcome): readonly Effect[] {
  if (outcome.ok) {
    return [note(owner, "SuccessfulCreate", `Created pod: ${outcome.found?.metadata.name}`)];
  }
  if (outcome.isSkipped || isNamespaceGoing(outcome.cause)) return [];
  return [warn(owner, "FailedCreate", `Error creating: ${messageOf(outcome.cause)}`)];
}

// exact: kube-controller-manager
export const deletionEvent = (owner: ApiObject, pod: Pod | undefined, outcome: Outcome): Effect =>
  outcome.ok
    ? note(owner, "SuccessfulDelete", `Deleted pod: ${pod?.metadata.name}`)
    : warn(owner, "FailedDelete", `Error deleting: ${messageOf(outcome.cause)}`);

/** The first creation that failed for a reason that concerns the workload. */
export const creationFailure = (outcomes: readonly Outcome[]): unknown =>
  failureIn(outcomes.filter((outcome) => outcome.ok || !isNamespaceGoing(outcome.cause)));

/** Everything in the namespace is about to be deleted: nothing to create, nothing to complain. */
export const isNamespaceGoing = (cause: unknown): boolean =>
  cause instanceof ApiError &&
  (cause.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false);
