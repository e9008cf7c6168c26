/**
 * What a cron job knows about its jobs: which are under way, and when one succeeded last.
 * upstream: pkg/controller/cronjob/cronjob_controllerv2.go#syncCronJob
 */
import type { CronJob, CronJobStatus } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import type { ObjectReference } from "#api/core/references.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { type Effect, note, warn } from "../runtime/effects.ts";

export interface Books {
  readonly status: CronJobStatus;
  /** What was found out. */
  readonly events: readonly Effect[];
}

/** `missing` are jobs under way that are nowhere any more. */
// exact: kube-controller-manager
export function booksOf(
  cronJob: CronJob,
  jobs: readonly Job[],
  missing: readonly ObjectReference[],
): Books {
  const { active = [], lastSuccessfulTime } = cronJob.status;
  const isActive = ({ metadata }: Job): boolean => active.some(({ uid }) => uid === metadata.uid);
  const completed = jobs.filter((job) => isActive(job) && endOf(job));
  const unexpected = jobs.filter((job) => !isActive(job) && !endOf(job));
  const done = new Set([...completed.map(({ metadata }) => metadata.uid), ...missing.map(uidOf)]);
  return {
    status: {
      ...cronJob.status,
      active: active.filter(({ uid }) => !done.has(uid)),
      lastSuccessfulTime: latestOf(lastSuccessfulTime, jobs),
    },
    events: [
      ...unexpected.map(({ metadata: { name } }) => {
        const message = `Saw a job that the controller did not create or forgot: ${name}`;
        return warn(cronJob, "UnexpectedJob", message);
      }),
      ...completed.map((job) => {
        const message = `Saw completed job: ${job.metadata.name}, condition: ${endOf(job)}`;
        return note(cronJob, "SawCompletedJob", message);
      }),
      ...missing.map(({ name }) => note(cronJob, "MissingJob", `Active job went missing: ${name}`)),
    ],
  };
}

const uidOf = ({ uid }: ObjectReference): string | undefined => uid;

export const endOf = ({ status: { conditions } }: Job): "Complete" | "Failed" | undefined =>
  (["Complete", "Failed"] as const).find((type) => isConditionTrue(conditions, type));

function latestOf(
  before: CronJobStatus["lastSuccessfulTime"],
  jobs: readonly Job[],
): CronJobStatus["lastSuccessfulTime"] {
  let latest = before;
  for (const job of jobs) {
    const { completionTime } = job.status;
    if (endOf(job) !== "Complete" || !completionTime) continue;
    if (!latest || Date.parse(completionTime) > Date.parse(latest)) latest = completionTime;
  }
  return latest;
}

export const referenceTo = ({ metadata }: Job): ObjectReference => ({
  apiVersion: Job.apiVersion,
  kind: Job.kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
});

/** The oldest of those that nobody wants to look at any more. */
export function beyondHistory({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const oldest = (end: string, limit: number | undefined): readonly Job[] => {
    const ended = jobs.filter((job) => endOf(job) === end);
    const surplus = limit === undefined ? 0 : Math.max(ended.length - limit, 0);
    return ended.toSorted(byStart).slice(0, surplus);
  };
  return [
    ...oldest("Complete", spec.successfulJobsHistoryLimit),
    ...oldest("Failed", spec.failedJobsHistoryLimit),
  ];
}

const byStart = (a: Job, b: Job): number =>
  startOf(a) - startOf(b) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);

const startOf = ({ status: { startTime } }: Job): number =>
  startTime ? Date.parse(startTime) : Number.MAX_SAFE_INTEGER;
