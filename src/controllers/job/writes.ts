/** Creates and deletes a job's pods, and tells how things stand afterwards. */
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { creationEvent, creationFailure, deletionEvent } from "../pod-writes.ts";
import {
  andThen,
  create,
  type Effect,
  failureIn,
  type Outcome,
  remove,
  settle,
  settleSlowly,
  wakeIn,
} from "../runtime/effects.ts";
import { type After, isGone } from "./after.ts";
import { podMaker } from "./pod-for.ts";
import { isTracked } from "./pods.ts";
import { letGo } from "./strays.ts";
import type { Tally } from "./tally.ts";
import type { Work } from "./work.ts";

type Next = (after: After) => readonly Effect[];

const asItIs = ({ active, ready, terminating }: Tally): After => ({
  active: active.length,
  ready,
  terminating,
});

export function carryOut(work: Work, tally: Tally, next: Next): readonly Effect[] {
  switch (work.is) {
    case "none":
      return next(asItIs(tally));
    case "wait":
      return [wakeIn(work.waitMs), ...next(asItIs(tally))];
    case "add":
      return addPods(work, tally, next);
    case "remove":
      // They do not count as failures: nobody waits for how they end.
      return removePods(work.pods, tally, {
        removal: (pod) =>
          isTracked(pod) ? andThen(letGo(pod), () => [remove(Pod, pod)]) : remove(Pod, pod),
        next,
      });
    default:
      return work satisfies never;
  }
}

function addPods(
  { indexes, waitMs }: Extract<Work, { is: "add" }>,
  tally: Tally,
  next: Next,
): readonly Effect[] {
  const { job, held } = tally;
  const podFor = podMaker(job);
  const creations = indexes.map((index) =>
    create(Pod, podFor(index, index === undefined ? undefined : held.get(index))),
  );
  const created = (outcomes: readonly Outcome[]): readonly Effect[] => [
    ...outcomes.flatMap((outcome) => creationEvent(job, outcome)),
    ...next({
      ...asItIs(tally),
      active: tally.active.length + outcomes.filter(({ ok }) => ok).length,
      failure: creationFailure(outcomes),
    }),
  ];
  return [...(waitMs ? [wakeIn(waitMs)] : []), settleSlowly(creations, created)];
}

/** The job comes to an end: whatever still runs is stopped, and counted as the end has it. */
export const removeActive = (tally: Tally, next: Next): readonly Effect[] =>
  removePods(tally.active, tally, { removal: (pod) => remove(Pod, pod), next });

interface Removal {
  readonly removal: (pod: Pod) => Effect;
  readonly next: Next;
}

function removePods(
  pods: readonly Pod[],
  tally: Tally,
  { removal, next }: Removal,
): readonly Effect[] {
  const removed = (outcomes: readonly Outcome[]): readonly Effect[] => {
    const gone = pods.filter((_pod, i) => isGone(outcomes[i]));
    const before = asItIs(tally);
    return [
      ...outcomes.map((outcome, i) => deletionEvent(tally.job, pods[i], outcome)),
      ...next({
        active: before.active - gone.length,
        ready: before.ready - gone.filter(isPodReady).length,
        terminating: before.terminating + gone.length,
        failure: failureIn(outcomes.filter((outcome) => !isGone(outcome))),
      }),
    ];
  };
  return pods.length === 0 ? next(asItIs(tally)) : [settle(pods.map(removal), removed)];
}
