/**
 * What to do about the pods of a set next. In order: one after the other, each waiting for those
 * before it. In parallel: whatever is due at once.
 * upstream: pkg/controller/statefulset/stateful_set_control.go#updateStatefulSet
 */
import { isPodTerminal, isPodTerminating } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { isNamespaceGoing } from "../pod-writes.ts";
import type { View } from "../runtime/controller.ts";
import {
  create,
  type Effect,
  fail,
  note,
  remove,
  settle,
  update,
  warn,
} from "../runtime/effects.ts";
import { isMissingClaims, podEvent, withClaims } from "./claims.ts";
import { mended, ordinalOf, podName, podOf, startOf } from "./identity.ts";
import { isAvailable, type Members, versionFor } from "./members.ts";
import { hasStaleClaim, retention } from "./retention.ts";
import { outdated } from "./update.ts";

export interface Steps {
  /** About the pods that are asked for, and their claims: one entry for each pod. */
  readonly first: readonly (readonly Effect[])[];
  /** Once that went well. */
  readonly rest: readonly Effect[];
}

const nothing: Steps = { first: [], rest: [] };

export function stepsOf(members: Members, view: View): Steps {
  const { set, replicas, condemned } = members;
  if (set.metadata.deletionTimestamp) return nothing;
  const owners = set.spec.volumeClaimTemplates
    ? [...replicas, ...condemned]
        .map((pod) => (pod ? retention(set, pod, view) : []))
        .filter(({ length }) => length > 0)
    : [];
  const steps =
    set.spec.podManagementPolicy === "Parallel"
      ? inParallel(members, view)
      : inOrder(members, view);
  return { first: [...owners, ...steps.first], rest: steps.rest };
}

function inOrder(members: Members, view: View): Steps {
  const first: (readonly Effect[])[] = [];
  for (const [index, pod] of members.replicas.entries()) {
    const due = replicaDue(members, { index, pod }, view);
    if (due.length > 0) first.push(due);
    if (!isAvailable(pod, members)) return { first, rest: [] };
  }
  const [target] = members.condemned;
  if (!target) return { first, rest: remover(members)(outdated(members)) };
  return { first, rest: remover(members)(mayGo(target, members) ? [target] : []) };
}

/** A pod that is not well may go when it is the first that is not: then nobody waits for it. */
function mayGo(target: Pod, members: Members): boolean {
  if (isPodTerminating(target)) return false;
  if (isAvailable(target, members)) return true;
  return members.condemned.findLast((pod) => !isAvailable(pod, members)) === target;
}

function inParallel(members: Members, view: View): Steps {
  const first = members.replicas
    .map((pod, index) => replicaDue(members, { index, pod }, view))
    .filter(({ length }) => length > 0);
  const condemned = members.condemned.filter((pod) => !isPodTerminating(pod));
  return { first, rest: remover(members)([...condemned, ...outdated(members)]) };
}

interface Replica {
  readonly index: number;
  readonly pod: Pod | undefined;
}

function replicaDue(members: Members, { index, pod }: Replica, view: View): readonly Effect[] {
  const { set } = members;
  const ordinal = startOf(set) + index;
  if (!pod) return creation(members, ordinal, view);
  if (isPodTerminating(pod)) return [];
  if (isPodTerminal(pod)) return remover(members)([pod]);
  if (pod.status.phase === "Pending" && isMissingClaims(set, ordinal, view))
    return withClaims({ set, ordinal }, view, { next: [] });
  const isInvolved = set.spec.podManagementPolicy === "Parallel" || isAvailable(pod, members);
  return isInvolved ? mending(members, pod, view) : [];
}

function creation(members: Members, ordinal: number, view: View): readonly Effect[] {
  const { set } = members;
  const name = podName(set, ordinal);
  if (hasStaleClaim(set, { ordinal, name }, view)) return [];
  const pod = podOf(set, ordinal, versionFor(members, ordinal));
  const made = settle([create(Pod, pod)], ([outcome]) => {
    if (!outcome || outcome.ok) return [note(...podEvent(set, ordinal, "create"))];
    const { cause } = outcome;
    const isQuiet = isReason(cause, "AlreadyExists") || isNamespaceGoing(cause);
    const event = isQuiet ? [] : [warn(...podEvent(set, ordinal, "create", cause))];
    return [...event, fail(cause)];
  });
  return withClaims({ set, ordinal }, view, { verb: "create", next: [made] });
}

function mending({ set }: Members, pod: Pod, view: View): readonly Effect[] {
  const better = mended(set, pod);
  if (better === pod) return [];
  const ordinal = ordinalOf(pod);
  const writing = settle([update(Pod, better)], ([outcome]) =>
    !outcome || outcome.ok
      ? [note(...podEvent(set, ordinal, "update"))]
      : [warn(...podEvent(set, ordinal, "update", outcome.cause)), fail(outcome.cause)],
  );
  return withClaims({ set, ordinal }, view, { verb: "update", next: [writing] });
}

const remover =
  ({ set }: Members) =>
  (pods: readonly Pod[]): readonly Effect[] =>
    pods.map((pod) =>
      settle([remove(Pod, pod)], ([outcome]) =>
        !outcome || outcome.ok
          ? [note(...podEvent(set, ordinalOf(pod), "delete"))]
          : [warn(...podEvent(set, ordinalOf(pod), "delete", outcome.cause)), fail(outcome.cause)],
      ),
    );
