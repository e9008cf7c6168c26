/**
 * The claims of a set's pods. They are made before their pod and outlive it, unless the set says
 * that they go with it.
 * upstream: pkg/controller/statefulset/stateful_pod_control.go#createPersistentVolumeClaims
 */
import type { StatefulSet } from "#api/apps/statefulset.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { isReason } from "#api/errors.ts";
import { aggregated, messageOf } from "#base/failure.ts";
import type { View } from "../runtime/controller.ts";
import { create, type Effect, fail, note, settle, warn } from "../runtime/effects.ts";
import { claimName, podName } from "./identity.ts";

/** The claims a pod of that number has, or should have. */
export const claimsOf = (
  set: StatefulSet,
  ordinal: number,
  view: View,
): readonly PersistentVolumeClaim[] =>
  (set.spec.volumeClaimTemplates ?? []).flatMap(
    (template) =>
      view.get(PersistentVolumeClaim, set.metadata.namespace, claimName(set, template, ordinal)) ??
      [],
  );

export const isMissingClaims = (set: StatefulSet, ordinal: number, view: View): boolean =>
  claimsOf(set, ordinal, view).length < (set.spec.volumeClaimTemplates ?? []).length;

interface NewClaim {
  readonly metadata: { readonly name: string };
}

function missingClaims(set: StatefulSet, ordinal: number, view: View): readonly NewClaim[] {
  const { namespace } = set.metadata;
  return (set.spec.volumeClaimTemplates ?? [])
    .map((template) => ({ template, name: claimName(set, template, ordinal) }))
    .filter(({ name }) => !view.get(PersistentVolumeClaim, namespace, name))
    .map(({ template, name }) => ({
      ...template,
      metadata: {
        ...template.metadata,
        name,
        namespace,
        labels: { ...template.metadata.labels, ...set.spec.selector?.matchLabels },
      },
    }));
}

export interface Claimant {
  readonly set: StatefulSet;
  readonly ordinal: number;
}

/**
 * Makes the claims that are missing, then does what needs them. When that fails, `verb` is what
 * failed for the pod; nothing is said about a pod that is there already.
 */
export function withClaims(
  { set, ordinal }: Claimant,
  view: View,
  { verb, next }: { readonly verb?: "create" | "update"; readonly next: readonly Effect[] },
): readonly Effect[] {
  const manifests = missingClaims(set, ordinal, view);
  const going = claimsOf(set, ordinal, view).find(({ metadata }) => metadata.deletionTimestamp);
  const giveUp = (cause: Error): readonly Effect[] => [
    ...(verb ? [warn(...podEvent(set, ordinal, verb, cause))] : []),
    fail(cause),
  ];
  if (going) return giveUp(new Error(`pvc ${going.metadata.name} is being deleted`));
  if (manifests.length === 0) return next;
  const creations = manifests.map((manifest) => create(PersistentVolumeClaim, manifest));
  return [
    settle(creations, (outcomes) => {
      const told = outcomes.map((outcome, i) => {
        const name = manifests[i]?.metadata.name ?? "";
        return outcome.ok
          ? { event: [madeClaim(set, ordinal, name)], problem: [] }
          : failedClaim({ set, ordinal }, name, outcome.cause);
      });
      const events = told.flatMap(({ event }) => event);
      const problems = told.flatMap(({ problem }) => problem);
      if (problems.length === 0) return [...events, ...next];
      return [...events, ...giveUp(new Error(aggregated(problems)))];
    }),
  ];
}

// exact: kube-controller-manager
const madeClaim = (set: StatefulSet, ordinal: number, claim: string): Effect =>
  note(
    set,
    "SuccessfulCreate",
    `create Claim ${claim} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} success`,
  );

function failedClaim(
  { set, ordinal }: Claimant,
  claim: string,
  cause: unknown,
): { readonly event: readonly Effect[]; readonly problem: readonly string[] } {
  const why = messageOf(cause);
  // exact: kube-controller-manager
  const message = `create Claim ${claim} for Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name} failed error: ${why}`;
  return {
    event: isReason(cause, "AlreadyExists") ? [] : [warn(set, "FailedCreate", message)],
    problem: [`failed to create PVC ${claim}: ${why}`],
  };
}

type Verb = "create" | "update" | "delete";

const reasons: Readonly<Record<Verb, string>> = {
  create: "Create",
  update: "Update",
  delete: "Delete",
};

// exact: kube-controller-manager
export function podEvent(
  set: StatefulSet,
  ordinal: number,
  ...[verb, cause]: readonly [Verb, unknown?]
): readonly [set: StatefulSet, reason: string, message: string] {
  const what = `${verb} Pod ${podName(set, ordinal)} in StatefulSet ${set.metadata.name}`;
  return cause === undefined
    ? [set, `Successful${reasons[verb]}`, `${what} successful`]
    : [set, `Failed${reasons[verb]}`, `${what} failed error: ${messageOf(cause)}`];
}
