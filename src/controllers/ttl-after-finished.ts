/**
 * Deletes jobs when they have been finished for as long as they asked for.
 * upstream: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go
 */
import { Job } from "#api/batch/job.ts";
import { seconds } from "#base/clock.ts";
import { defineController, eventsRule } from "./runtime/controller.ts";
import { andThen, type Effect, remove, wakeIn } from "./runtime/effects.ts";

export const ttlAfterFinishedController = defineController({
  name: "ttl-after-finished-controller",
  queue: "ttl_jobs_to_delete",
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
  return [remove(Job, job, { propagationPolicy: "Foreground" })];
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
