/**
 * What is counted of jobs.
 * upstream: pkg/controller/job/metrics/metrics.go
 */
import type { Job, JobStatus } from "#api/batch/job.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { exponentialBuckets } from "#base/metrics.ts";
import type { Effect } from "../runtime/effects.ts";
import {
  type Heard,
  type Look,
  measure,
  type Measure,
  measured,
  type Measurement,
  type Meter,
} from "../runtime/measures.ts";
import { type Verdict, verdictOn } from "./failure-policy.ts";
import { isFailed, isTracked } from "./pods.ts";

// exact: kube-controller-manager, all names and labels
const syncLabels = ["completion_mode", "result", "action"];

const syncs: Measure = {
  is: "counter",
  name: "job_controller_job_syncs_total",
  help: "Looks at jobs",
  labels: syncLabels,
};
const syncSeconds: Measure = {
  is: "histogram",
  name: "job_controller_job_sync_duration_seconds",
  help: "How long looks at jobs took",
  labels: syncLabels,
  buckets: exponentialBuckets(0.004, 2, 15),
};
const jobsFinished: Measure = {
  is: "counter",
  name: "job_controller_jobs_finished_total",
  help: "Jobs that have come to an end",
  labels: ["completion_mode", "result", "reason"],
};
const podsFinished: Measure = {
  is: "counter",
  name: "job_controller_job_pods_finished_total",
  help: "Pods that ended and were counted",
  labels: ["completion_mode", "result"],
};
const failuresByPolicy: Measure = {
  is: "counter",
  name: "job_controller_pod_failures_handled_by_failure_policy_total",
  help: "Failed pods that a rule of the failure policy fits, by its action",
  labels: ["action"],
};
const held: Measure = {
  is: "counter",
  name: "job_controller_terminated_pods_tracking_finalizer_total",
  help: "Ended pods that the job's finalizer holds, and that it let go",
  labels: ["event"],
};

const modeOf = ({ spec }: Job): string => spec.completionMode ?? "NonIndexed";

export const jobMeter: Meter<Job> = {
  measures: [syncs, syncSeconds, jobsFinished, podsFinished, failuresByPolicy, held],

  looked({ object, effects, isFailed: failed }: Look<Job>) {
    const labels = [modeOf(object), failed ? "error" : "success", actionOf(effects)];
    return [measured(syncs, labels), measured(syncSeconds, labels, "elapsed")];
  },

  hears: Pod,
  heard({ object, old, isGone }: Heard): readonly Measurement[] {
    const isHeld = !isGone && isHeldAfterItsEnd(object as Pod);
    const wasHeld = (old !== undefined || isGone) && isHeldAfterItsEnd((old ?? object) as Pod);
    if (isHeld === wasHeld) return [];
    return [measured(held, [isHeld ? "add" : "delete"])];
  },
};

const isHeldAfterItsEnd = (pod: Pod): boolean => isPodTerminal(pod) && isTracked(pod);

/** What the look did about the job's pods. */
function actionOf(effects: readonly Effect[]): string {
  const first = effects.flatMap((effect) => (effect.do === "settle" ? effect.effects : [effect]));
  const does = (what: Effect["do"]): boolean =>
    first.some((effect) => effect.do === what && "kind" in effect && effect.kind === Pod);
  if (does("create")) return "pods_created";
  if (does("delete")) return "pods_deleted";
  return first.some((effect) => effect.do === "setStatus") ? "tracking" : "reconciling";
}

/** By how much a written status counts more pods than the one before. */
export function countPods(job: Job, after: JobStatus): readonly Effect[] {
  const more = (result: "succeeded" | "failed"): readonly Effect[] => {
    const grown = (after[result] ?? 0) - (job.status[result] ?? 0);
    return grown > 0 ? [measure(podsFinished, [modeOf(job), result], grown)] : [];
  };
  return [...more("succeeded"), ...more("failed")];
}

export const countEnd = (
  job: Job,
  { isComplete, reason }: { isComplete: boolean; reason: string },
) => measure(jobsFinished, [modeOf(job), isComplete ? "succeeded" : "failed", reason]);

/** The failures among pods that are let go, unless an earlier look has counted them. */
export function countPolicyActions(job: Job, pods: readonly Pod[]): readonly Effect[] {
  if (!job.spec.podFailurePolicy) return [];
  const known = job.status.uncountedTerminatedPods?.failed ?? [];
  return pods
    .filter((pod) => isFailed(pod, job) && !known.includes(pod.metadata.uid ?? ""))
    .flatMap((pod) => actionsOf(verdictOn(pod, job)))
    .map((action) => measure(failuresByPolicy, [action]));
}

const actionsOf = ({ action }: Verdict): readonly string[] => (action ? [action] : []);
