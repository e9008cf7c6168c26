/**
 * Deletes jobs when they have been finished for as long as they asked for.
 * upstream: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go
 */
import { Job } from "#api/batch/job.ts";
import { seconds } from "#base/clock.ts";
import { exponentialBuckets } from "#base/metrics.ts";
import { defineController, eventsRule } from "./runtime/controller.ts";
import {
  andThen,
  type Effect,
  fail,
  failureIn,
  remove,
  settle,
  wakeIn,
} from "./runtime/effects.ts";
import { type Measure, measure } from "./runtime/measures.ts";

/** upstream: pkg/controller/ttlafterfinished/metrics/metrics.go; exact: kube-controller-manager, name */
const lateness: Measure = {
  is: "histogram",
  name: "ttl_after_finished_controller_job_deletion_duration_seconds",
  help: "How long after its time a finished job was deleted",
  labels: [],
  buckets: exponentialBuckets(0.1, 2, 14),
};

export const ttlAfterFinishedController = defineController({
  name: "ttl-after-finished-controller",
  queue: "ttl_jobs_to_delete",
  meter: { measures: [lateness] },
  for: Job,
  rules: [
    { verbs: ["get", "list", "watch", "delete"], apiGroups: ["batch"], resources: ["jobs"] },
    eventsRule,
  ],
  leavesAlone: (job) => expiresAt(job) === undefined,

  reconcile(job, { now }) {
    const expiry = expiresAt(job);
    if (expiry === undefined) return [];
    if (expiry > now) return [wakeIn(expiry - now)];
    const { namespace, name = "" } = job.metadata;
    // The cache may not know that it shall stay for longer now.
    return [
      andThen({ do: "fetch", kind: Job, at: { namespace, name } }, (found) =>
        collect(found as Job | undefined, now),
      ),
    ];
  },
});

function collect(job: Job | undefined, now: number): readonly Effect[] {
  const expiry = job && expiresAt(job);
  if (!job || expiry === undefined) return [];
  if (expiry > now) return [wakeIn(expiry - now)];
  return [
    settle([remove(Job, job, { propagationPolicy: "Foreground" })], (outcomes) => {
      const cause = failureIn(outcomes);
      return [cause === undefined ? measure(lateness, [], (now - expiry) / 1_000) : fail(cause)];
    }),
  ];
}

/** Undefined for jobs that stay, are not finished yet, or on their way out already. */
function expiresAt({ metadata, spec, status }: Job): number | undefined {
  const { ttlSecondsAfterFinished } = spec;
  if (metadata.deletionTimestamp || ttlSecondsAfterFinished === undefined) return undefined;
  const finish = status.conditions?.find(
    ({ type, status: is }) => (type === "Complete" || type === "Failed") && is === "True",
  );
  if (!finish?.lastTransitionTime) return undefined;
  return Date.parse(finish.lastTransitionTime) + seconds(ttlSecondsAfterFinished);
}
