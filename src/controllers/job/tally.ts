/** What a job's pods amount to: how many run, succeeded and failed, and which indexes are done. */
import type { Job } from "#api/batch/job.ts";
import {
  isPodActive,
  isPodReady,
  isPodTerminal,
  isPodTerminating,
} from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { isIgnored, verdictOn } from "./failure-policy.ts";
import {
  hasIndex,
  type IndexSet,
  indexSetOf,
  parseIndexSet,
  sizeOfSet,
  union,
} from "./index-set.ts";
import {
  completionIndexOf,
  completionsOf,
  finishedAt,
  isCountable,
  isFailed,
  isIndexed,
  isSucceeded,
  isTracked,
  validIndexOf,
} from "./pods.ts";

export interface Tally {
  readonly job: Job;
  /** Those that may still run or are not counted yet. */
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: number;
  /** Counted or not. */
  readonly succeeded: number;
  readonly failed: number;
  /** The indexes that succeeded and that failed for good, counted or not. */
  readonly completedIndexes: IndexSet;
  readonly failedIndexes: IndexSet;
  /**
   * By index, the last pod that failed there. It is kept until its successor is there, which
   * takes over the number of failures.
   */
  readonly held: ReadonlyMap<number, Pod>;
  /** Of the present run; absent while there is none. */
  readonly startTime: string | undefined;
}

export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true;

/** Each index has its own limit of failures. */
export const isLimitedPerIndex = (job: Job): boolean =>
  isIndexed(job) && job.spec.backoffLimitPerIndex !== undefined;

export function tallyOf(job: Job, pods: readonly Pod[], now: number): Tally {
  const active = pods.filter(isPodActive);
  const isPerIndex = isLimitedPerIndex(job);
  const completedIndexes = isIndexed(job) ? completedOf(job, pods) : [];
  const failedIndexes = isPerIndex ? failedOf(job, pods) : [];
  const done = union(completedIndexes, failedIndexes);
  return {
    job,
    pods,
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod)).length,
    succeeded: isIndexed(job) ? sizeOfSet(completedIndexes) : succeededOf(job, pods),
    failed: failedCountOf(job, pods),
    completedIndexes,
    failedIndexes,
    held: isPerIndex ? heldOf(job, pods, union(done, indexesOf(active))) : new Map(),
    startTime: startTimeOf(job, now),
  };
}

/** A job that is resumed starts anew: its deadline is about the time in which it is allowed to run. */
function startTimeOf(job: Job, now: number): string | undefined {
  const { startTime, conditions } = job.status;
  if (isSuspended(job)) return undefined;
  return !startTime || isConditionTrue(conditions, "Suspended") ? formatTime(now) : startTime;
}

export const indexesOf = (pods: readonly Pod[]): IndexSet =>
  indexSetOf(new Set(pods.map(completionIndexOf).filter((index) => index !== undefined)));

/** Succeeded, and in no status yet. */
const isNewSuccess = (pod: Pod): boolean => isSucceeded(pod) && isTracked(pod);

function succeededOf({ status }: Job, pods: readonly Pod[]): number {
  const uncounted = status.uncountedTerminatedPods?.succeeded ?? [];
  const isNew = (pod: Pod): boolean =>
    isNewSuccess(pod) && !uncounted.includes(pod.metadata.uid ?? "");
  return (status.succeeded ?? 0) + uncounted.length + pods.filter(isNew).length;
}

function failedCountOf(job: Job, pods: readonly Pod[]): number {
  const { failed = 0, uncountedTerminatedPods } = job.status;
  const uncounted = new Set(uncountedTerminatedPods?.failed);
  const isNew = (pod: Pod): boolean =>
    isFailed(pod, job) &&
    isTracked(pod) &&
    !uncounted.has(pod.metadata.uid ?? "") &&
    isCountable(pod, job) &&
    !isIgnored(pod, job);
  return failed + uncounted.size + pods.filter(isNew).length;
}

export const countedIndexes = (job: Job): IndexSet =>
  parseIndexSet(job.status.completedIndexes ?? "", completionsOf(job));

const completedOf = (job: Job, pods: readonly Pod[]): IndexSet =>
  union(countedIndexes(job), validIndexes(job, pods.filter(isNewSuccess)));

const failedOf = (job: Job, pods: readonly Pod[]): IndexSet =>
  union(
    parseIndexSet(job.status.failedIndexes ?? "", completionsOf(job)),
    validIndexes(
      job,
      pods.filter((pod) => isTracked(pod) && failsItsIndex(pod, job)),
    ),
  );

const validIndexes = (job: Job, pods: readonly Pod[]): IndexSet =>
  indexSetOf(pods.map((pod) => validIndexOf(pod, job)).filter((index) => index !== undefined));

/** It was the last attempt, or the policy says that there shall not be another one. */
function failsItsIndex(pod: Pod, job: Job): boolean {
  if (!isFailed(pod, job)) return false;
  const { action } = verdictOn(pod, job);
  if (action === "FailIndex") return true;
  return action !== "Ignore" && failureCountOf(pod) >= (job.spec.backoffLimitPerIndex ?? 0);
}

export const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";
export const ignoredCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

/** Users may write anything there. */
function countIn({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? "";
  const count = /^[+]?[0-9]+$/.test(text) ? Number(text) : 0;
  return count <= 2_147_483_647 ? count : 0;
}

/** Failures at its index before it, those that do not count left out. */
export const failureCountOf = (pod: Pod): number => countIn(pod, failureCountAnnotation);

export const ignoredCountOf = (pod: Pod): number => countIn(pod, ignoredCountAnnotation);

/** All failures at its index, its own included. */
export const attemptsAt = (pod: Pod): number => failureCountOf(pod) + ignoredCountOf(pod) + 1;

function heldOf(job: Job, pods: readonly Pod[], settled: IndexSet): ReadonlyMap<number, Pod> {
  const held = new Map<number, Pod>();
  for (const pod of pods) {
    const index = validIndexOf(pod, job);
    if (index === undefined || !isTracked(pod) || !isFailed(pod, job)) continue;
    if (hasIndex(settled, index)) continue;
    const before = held.get(index);
    if (!before || isLater(pod, before)) held.set(index, pod);
  }
  return held;
}

const isLater = (pod: Pod, than: Pod): boolean =>
  attemptsAt(pod) >= attemptsAt(than) && finishedAt(pod) >= finishedAt(than);
