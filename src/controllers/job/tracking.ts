/**
 * Counts how pods ended, exactly once each: first the status names them, then they are let go, then
 * the status counts them. Whoever looks at any moment in between can go on from there.
 * upstream: pkg/controller/job/job_controller.go#trackJobStatusAndRemoveFinalizers
 */
import { Job, type JobStatus } from "#api/batch/job.ts";
import { formatTime } from "#base/clock.ts";
import {
  andThen,
  type Effect,
  fail,
  failureIn,
  note,
  type Outcome,
  setStatus,
  settle,
  warn,
} from "../runtime/effects.ts";
import { type After, isGone } from "./after.ts";
import { conditionAt, suspension, withEnding } from "./conditions.ts";
import { type Counting, countTerminated, uidOf } from "./counting.ts";
import type { Ending } from "./ending.ts";
import { formatIndexSet, indexSetOf, sizeOfSet, union } from "./index-set.ts";
import { countEnd, countPods, countPolicyActions } from "./metrics.ts";
import { isIndexed, isTracked } from "./pods.ts";
import { letGo } from "./strays.ts";
import { countedIndexes, isLimitedPerIndex, type Tally } from "./tally.ts";

export interface Tracking {
  readonly tally: Tally;
  readonly after: After;
  /** Absent: the job goes on. */
  readonly ending: Ending | undefined;
  readonly now: number;
}

export function track(tracking: Tracking): readonly Effect[] {
  const { tally, after } = tracking;
  const { job } = tally;
  const counting = countTerminated(tally, tracking.ending);
  const { status, events } = statusOf(tracking, counting);
  return [
    andThen(setStatus(Job, job, status), (written) => [
      ...events,
      ...countPods(job, status),
      ...countPolicyActions(job, counting.released),
      settle(counting.released.map(letGo), (outcomes) => {
        const current = (written as Job | undefined) ?? job;
        return [
          ...conclude(tracking, current, stillHeld(tally, counting, outcomes)),
          ...failures(after.failure, outcomes),
        ];
      }),
    ]),
  ];
}

function failures(failure: unknown, outcomes: readonly Outcome[]): readonly Effect[] {
  const cause = failure ?? failureIn(outcomes.filter((outcome) => !isGone(outcome)));
  return cause === undefined ? [] : [fail(cause)];
}

/** The uids of the pods that could not be let go, or were not to be. */
function stillHeld(
  { pods }: Tally,
  { released }: Counting,
  outcomes: readonly Outcome[],
): ReadonlySet<string> {
  const gone = new Set(released.filter((_pod, i) => isGone(outcomes[i])));
  return new Set(pods.filter((pod) => isTracked(pod) && !gone.has(pod)).map(uidOf));
}

/** The named ones that are held no longer count. */
function counted(status: JobStatus, held: ReadonlySet<string>, isByIndex: boolean): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = {
    succeeded: succeeded.filter((uid) => held.has(uid)),
    failed: failed.filter((uid) => held.has(uid)),
  };
  const more = isByIndex ? 0 : succeeded.length - left.succeeded.length;
  return {
    ...status,
    succeeded: (status.succeeded ?? 0) + more,
    failed: (status.failed ?? 0) + failed.length - left.failed.length,
    uncountedTerminatedPods: left,
  };
}

/** The status before the pods are let go, and what is news in it. */
function statusOf(
  tracking: Tracking,
  { succeeded, failed, indexes }: Counting,
): { readonly status: JobStatus; readonly events: readonly Effect[] } {
  const { tally, after, ending, now } = tracking;
  const { job } = tally;
  const held = new Set(tally.pods.filter(isTracked).map(uidOf));
  const before = counted(job.status, held, isIndexed(job));
  const completed = union(countedIndexes(job), indexSetOf(indexes));
  const conditions = ending
    ? { conditions: withEnding(job.status.conditions ?? [], ending, now), events: [] }
    : suspension(job, now);
  const status: JobStatus = {
    ...before,
    startTime: startTimeIn(tracking),
    active: after.active,
    ready: after.ready,
    terminating: after.terminating,
    conditions: conditions.conditions,
    uncountedTerminatedPods: { succeeded, failed },
    ...(isIndexed(job)
      ? { succeeded: sizeOfSet(completed), completedIndexes: formatIndexSet(completed) }
      : {}),
    failedIndexes: isLimitedPerIndex(job) ? formatIndexSet(tally.failedIndexes) : undefined,
  };
  return { status, events: conditions.events };
}

/** None while it is suspended, so that its template may be changed; but a job that is over has begun. */
function startTimeIn({ tally: { job, startTime }, ending, now }: Tracking): string | undefined {
  const before = startTime ?? job.status.startTime ?? undefined;
  if (ending) return before ?? formatTime(now);
  return job.metadata.deletionTimestamp ? before : startTime;
}

/** Counts what was let go, and says what became of the job when nothing of it is left. */
function conclude(
  { after, ending, now }: Tracking,
  job: Job,
  held: ReadonlySet<string>,
): readonly Effect[] {
  const status = counted(job.status, held, isIndexed(job));
  // Whatever was not counted yet is still held.
  const isOver = ending !== undefined && held.size === 0 && after.terminating === 0;
  if (!isOver) return [andThen(setStatus(Job, job, status), () => countPods(job, status))];
  const isComplete = ending.type === "SuccessCriteriaMet";
  const { reason, message } = ending;
  const condition = conditionAt(now, { ...ending, type: isComplete ? "Complete" : "Failed" });
  const final: JobStatus = {
    ...status,
    conditions: [...(status.conditions ?? []), condition],
    ...(isComplete ? { completionTime: condition.lastTransitionTime ?? undefined } : {}),
  };
  return [
    andThen(setStatus(Job, job, final), () => [
      ...countPods(job, final),
      countEnd(job, { isComplete, reason }),
      ...surplusEvents(job, final),
      isComplete ? note(job, "Completed", "Job completed") : warn(job, reason, message),
    ]),
  ];
}

// exact: kube-controller-manager
function surplusEvents(job: Job, { succeeded = 0 }: JobStatus): readonly Effect[] {
  const isTooMany = succeeded > (job.spec.completions ?? Infinity);
  const message = "Too many succeeded pods running after completion count reached";
  return isTooMany ? [warn(job, "TooManySucceededPods", message)] : [];
}
