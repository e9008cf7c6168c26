/** Which of a job's pods have ended and are to be counted, and which need not be held any more. */
import type { Pod } from "#api/core/pod.ts";
import type { Ending } from "./ending.ts";
import { isIgnored } from "./failure-policy.ts";
import { hasIndex } from "./index-set.ts";
import {
  completionIndexOf,
  isCountable,
  isFailed,
  isIndexed,
  isSucceeded,
  isTracked,
  validIndexOf,
} from "./pods.ts";
import { countedIndexes, type Tally } from "./tally.ts";

export interface Counting {
  /** Named in the status, and not yet counted. */
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
  readonly indexes: readonly number[];
  /** Nothing keeps them any more. */
  readonly released: readonly Pod[];
  /** There are others; they come with the next look. */
  readonly isPartial: boolean;
}

/** So many at once keep the status small, and other jobs from waiting for long. */
const uncountedMax = 500;

export function countTerminated(tally: Tally, ending: Ending | undefined): Counting {
  const { job } = tally;
  const held = new Set(tally.pods.filter(isTracked).map(uidOf));
  const before = job.status.uncountedTerminatedPods;
  const succeeded = (before?.succeeded ?? []).filter((uid) => held.has(uid));
  const failed = (before?.failed ?? []).filter((uid) => held.has(uid));
  const lists = { succeeded, failed, indexes: [] as number[] };
  const count = counterFor(tally, ending, lists);
  const released: Pod[] = [];
  for (const pod of inOrder(tally)) {
    if (!isTracked(pod) || !mayGo(pod, tally, ending)) continue;
    if (succeeded.length + failed.length + lists.indexes.length >= uncountedMax) {
      return { ...lists, released, isPartial: true };
    }
    released.push(pod);
    count(pod);
  }
  return { ...lists, released, isPartial: false };
}

export const uidOf = ({ metadata: { uid = "" } }: Pod): string => uid;

/** Indexes are completed in order, so that the status stays short. */
const inOrder = ({ job, pods }: Tally): readonly Pod[] =>
  isIndexed(job)
    ? pods.toSorted((a, b) => (completionIndexOf(a) ?? -1) - (completionIndexOf(b) ?? -1))
    : pods;

function mayGo(pod: Pod, { job, held }: Tally, ending: Ending | undefined): boolean {
  if (job.metadata.deletionTimestamp || ending || isSucceeded(pod)) return true;
  if (!isFailed(pod, job)) return false;
  const index = completionIndexOf(pod);
  return index === undefined || held.get(index) !== pod;
}

interface Lists {
  readonly succeeded: string[];
  readonly failed: string[];
  readonly indexes: number[];
}

function counterFor({ job }: Tally, ending: Ending | undefined, lists: Lists) {
  const isKnown = { succeeded: new Set(lists.succeeded), failed: new Set(lists.failed) };
  const before = countedIndexes(job);
  const countSuccess = (pod: Pod): void => {
    const index = validIndexOf(pod, job);
    if (!isIndexed(job)) {
      if (!isKnown.succeeded.has(uidOf(pod))) lists.succeeded.push(uidOf(pod));
    } else if (index !== undefined && !hasIndex(before, index)) lists.indexes.push(index);
  };
  const countFailure = (pod: Pod): void => {
    // What has not ended when the job fails has failed with it.
    if (!isFailed(pod, job) && ending?.type !== "FailureTarget") return;
    if (isCountable(pod, job) && !isIgnored(pod, job)) lists.failed.push(uidOf(pod));
  };
  return (pod: Pod): void => {
    if (isKnown.failed.has(uidOf(pod))) return;
    if (isSucceeded(pod)) countSuccess(pod);
    else countFailure(pod);
  };
}
