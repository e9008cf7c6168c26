/** upstream: pkg/controller/cronjob/metrics/metrics.go */
import type { CronJob } from "#api/batch/cronjob.ts";
import { exponentialBuckets } from "#base/metrics.ts";
import { type Measure, measure, type Meter } from "../runtime/measures.ts";

// exact: kube-controller-manager
const skew: Measure = {
  is: "histogram",
  name: "cronjob_controller_job_creation_skew_duration_seconds",
  help: "How long after its time a job was created",
  labels: [],
  buckets: exponentialBuckets(1, 2, 10),
};

export const cronjobMeter: Meter<CronJob> = { measures: [skew] };

export const countLateness = (dueMs: number, createdMs: number) =>
  measure(skew, [], Math.max(createdMs - dueMs, 0) / 1_000);
