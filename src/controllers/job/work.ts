/**
 * Which pods a job that goes on needs, and which it has too many of.
 * upstream: pkg/controller/job/job_controller.go#manageJob
 */
import { isPodTerminal, isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { rankedForDeletion } from "../pod-ranking.ts";
import type { View } from "../runtime/controller.ts";
import { backoffLeft, backoffLeftAt } from "./backoff.ts";
import { firstMissing, union } from "./index-set.ts";
import {
  completionIndexOf,
  completionsOf,
  isIndexed,
  replacesOnlyFailed,
  validIndexOf,
} from "./pods.ts";
import { indexesOf, isLimitedPerIndex, isSuspended, type Tally } from "./tally.ts";

export type Work =
  | { readonly is: "none" }
  | { readonly is: "remove"; readonly pods: readonly Pod[] }
  /** One pod for each; the index is absent where pods do not have one. */
  | {
      readonly is: "add";
      readonly indexes: readonly (number | undefined)[];
      /** Others could be added then. */
      readonly waitMs?: number;
    }
  /** Back-off: nothing may be added for so long. */
  | { readonly is: "wait"; readonly waitMs: number };

/** Upstream's bound on the pods that one look creates or deletes. */
const burstMax = 500;

const none: Work = { is: "none" };

/** A look either removes or adds. */
export function workFor(tally: Tally, view: View): Work {
  const { job, active, terminating } = tally;
  if (job.metadata.deletionTimestamp) return none;
  const wanted = isSuspended(job) ? 0 : wantedActive(tally);
  const surplus = surplusOf(tally, Math.max(active.length - wanted, 0), view.now);
  if (surplus.length > 0) return { is: "remove", pods: surplus.slice(0, burstMax) };
  const leaving = replacesOnlyFailed(job) ? terminating : 0;
  const missing = Math.min(wanted - leaving - active.length, burstMax);
  if (missing <= 0) return none;
  return isLimitedPerIndex(job) ? addPerIndex(tally, missing, view.now) : add(tally, missing, view);
}

/** Without a number of completions, one success is enough, and nothing is started after it. */
function wantedActive({ job, succeeded, active }: Tally): number {
  const { completions, parallelism = 1 } = job.spec;
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

function add(tally: Tally, count: number, view: View): Work {
  const waitMs = backoffLeft(tally, view);
  if (waitMs > 0) return { is: "wait", waitMs };
  const indexes = isIndexed(tally.job)
    ? pendingIndexes(tally, count)
    : Array.from({ length: count }, () => undefined);
  return indexes.length > 0 ? { is: "add", indexes } : none;
}

function addPerIndex(tally: Tally, count: number, now: number): Work {
  const waits = pendingIndexes(tally, count).map((index) => ({
    index,
    waitMs: backoffLeftAt(tally.held.get(index), now),
  }));
  const indexes = waits.filter(({ waitMs }) => waitMs === 0).map(({ index }) => index);
  const delays = waits.map(({ waitMs }) => waitMs).filter((waitMs) => waitMs > 0);
  const wait = delays.length > 0 ? { waitMs: Math.min(...delays) } : undefined;
  if (indexes.length > 0) return { is: "add", indexes, ...wait };
  return wait ? { is: "wait", ...wait } : none;
}

function pendingIndexes(tally: Tally, count: number): readonly number[] {
  const { job, pods, active, completedIndexes, failedIndexes } = tally;
  const isLeaving = (pod: Pod): boolean => isPodTerminating(pod) && !isPodTerminal(pod);
  const taken = replacesOnlyFailed(job) ? [...active, ...pods.filter(isLeaving)] : active;
  const settled = union(completedIndexes, failedIndexes);
  return firstMissing(union(settled, indexesOf(taken)), count, completionsOf(job));
}

/** Those that no index, or the same one, stands for, and as many more as there are too many. */
function surplusOf({ job, active }: Tally, atLeast: number, nowMs: number): readonly Pod[] {
  const ranked = (pods: readonly Pod[]): readonly Pod[] =>
    // Upstream does not spread the deletions of jobs over nodes.
    pods.length > 1 ? rankedForDeletion(pods, { neighbours: () => 0, nowMs }) : pods;
  if (!isIndexed(job)) return atLeast > 0 ? ranked(active).slice(0, atLeast) : [];
  const useless = new Set<Pod>();
  for (const group of Map.groupBy(active, completionIndexOf).values()) {
    const [first] = group;
    const isValid = first && validIndexOf(first, job) !== undefined;
    for (const pod of isValid ? ranked(group).slice(0, -1) : group) useless.add(pod);
  }
  const more = atLeast - useless.size;
  if (more <= 0) return [...useless];
  const left = active.filter((pod) => !useless.has(pod));
  return [...useless, ...ranked(left).slice(0, more)];
}
