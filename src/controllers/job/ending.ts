/**
 * What a job comes to: why it fails, or has succeeded. Said in its status before its pods are let
 * go; the final condition follows when none of them is left.
 */
import type { Job, JobStatus, SuccessPolicyRule } from "#api/batch/job.ts";
import type { Pod } from "#api/core/pod.ts";
import { findCondition, isConditionTrue } from "#api/meta/conditions.ts";
import { seconds } from "#base/clock.ts";
import { verdictOn } from "./failure-policy.ts";
import { type IndexSet, parseIndexSet, sharedCount, sizeOfSet } from "./index-set.ts";
import { completionsOf, isFailed } from "./pods.ts";
import { isLimitedPerIndex, isSuspended, type Tally } from "./tally.ts";

export interface Ending {
  readonly type: "FailureTarget" | "SuccessCriteriaMet";
  readonly reason: string;
  readonly message: string;
}

export const isFinished = ({ status: { conditions } }: Job): boolean =>
  isConditionTrue(conditions, "Complete") || isConditionTrue(conditions, "Failed");

const failure = (reason: string, message: string): Ending => ({
  type: "FailureTarget",
  reason,
  message,
});

// exact: kube-controller-manager, all reasons and messages
export const completionsReached: Ending = {
  type: "SuccessCriteriaMet",
  reason: "CompletionsReached",
  message: "Reached expected number of succeeded pods",
};

/** What was said once stays. */
export function endingOf(tally: Tally, now: number): Ending | undefined {
  const { job } = tally;
  return (
    said(job.status, "SuccessCriteriaMet") ??
    said(job.status, "FailureTarget") ??
    failureByPolicy(tally) ??
    failureByLimits(tally, now) ??
    failureByIndexes(tally) ??
    successByPolicy(tally)
  );
}

function said({ conditions }: JobStatus, type: Ending["type"]): Ending | undefined {
  const condition = findCondition(conditions, type);
  if (condition?.status !== "True") return undefined;
  const { reason = "", message = "" } = condition;
  return { type, reason, message };
}

function failureByPolicy({ job, pods }: Tally): Ending | undefined {
  if (!job.spec.podFailurePolicy) return undefined;
  for (const pod of pods) {
    if (!isFailed(pod, job)) continue;
    const { action, message = "" } = verdictOn(pod, job);
    if (action === "FailJob") return failure("PodFailurePolicy", message);
  }
  return undefined;
}

function failureByLimits(tally: Tally, now: number): Ending | undefined {
  const { job, pods, failed } = tally;
  const { backoffLimit = 6 } = job.spec;
  if (failed > backoffLimit || isRestartedTooOften(job, pods)) {
    return failure("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  }
  const leftMs = deadlineIn(tally, now);
  return leftMs === undefined || leftMs > 0
    ? undefined
    : failure("DeadlineExceeded", "Job was active longer than specified deadline");
}

/** Where containers are restarted within their pods, that counts as well. */
function isRestartedTooOften({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec.template.spec.restartPolicy !== "OnFailure") return false;
  const restarts = pods
    .filter(({ status: { phase } }) => phase === "Running" || phase === "Pending")
    .flatMap(({ status }) => [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
    ])
    .reduce((total, { restartCount }) => total + restartCount, 0);
  const { backoffLimit = 6 } = spec;
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit;
}

/** How long the job may go on; undefined when there is no deadline, or no run. */
export function deadlineIn({ job, startTime }: Tally, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec;
  if (activeDeadlineSeconds === undefined || !startTime || isSuspended(job)) return undefined;
  return Date.parse(startTime) + seconds(activeDeadlineSeconds) - now;
}

function failureByIndexes({ job, failedIndexes, completedIndexes }: Tally): Ending | undefined {
  if (!isLimitedPerIndex(job)) return undefined;
  const failed = sizeOfSet(failedIndexes);
  if (failed > (job.spec.maxFailedIndexes ?? Infinity)) {
    return failure(
      "MaxFailedIndexesExceeded",
      "Job has exceeded the specified maximal number of failed indexes",
    );
  }
  const isOver = failed > 0 && failed + sizeOfSet(completedIndexes) >= completionsOf(job);
  return isOver ? failure("FailedIndexes", "Job has failed indexes") : undefined;
}

function successByPolicy({ job, completedIndexes }: Tally): Ending | undefined {
  if (completedIndexes.length === 0) return undefined;
  const rules = job.spec.successPolicy?.rules ?? [];
  const met = rules.findIndex((rule) => isMet(rule, completedIndexes, completionsOf(job)));
  if (met < 0) return undefined;
  const message = `Matched rules at index ${met}`;
  return { type: "SuccessCriteriaMet", reason: "SuccessPolicy", message };
}

function isMet(rule: SuccessPolicyRule, completed: IndexSet, completions: number): boolean {
  const { succeededIndexes, succeededCount = Infinity } = rule;
  if (succeededIndexes === undefined) return sizeOfSet(completed) >= succeededCount;
  const wanted = parseIndexSet(succeededIndexes, completions);
  if (wanted.length === 0) return false;
  const shared = sharedCount(wanted, completed);
  return shared === sizeOfSet(wanted) || shared >= succeededCount;
}
