/**
 * Starts a job, in place of those that still run or beside them.
 * upstream: pkg/controller/cronjob/cronjob_controllerv2.go#syncCronJob
 */
import { CronJob, type CronJobStatus } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import { isReason } from "#api/errors.ts";
import { formatTime } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import { isNamespaceGoing } from "../pod-writes.ts";
import {
  create,
  type Effect,
  fail,
  failureIn,
  note,
  type Outcome,
  remove,
  setStatus,
  settle,
  warn,
} from "../runtime/effects.ts";
import { controllerOf } from "../runtime/ownership.ts";
import { type Books, referenceTo } from "./books.ts";
import { jobFor, jobNameAt } from "./job-for.ts";
import { countLateness } from "./metrics.ts";

export interface Situation {
  readonly cronJob: CronJob;
  readonly jobs: readonly Job[];
  readonly books: Books;
  /** Times before it do not count. */
  readonly since: number;
  readonly now: number;
}

// exact: kube-controller-manager
export const deletionEvents = (
  cronJob: CronJob,
  job: Job,
  outcome: Outcome | undefined,
): readonly Effect[] =>
  outcome?.ok
    ? [note(cronJob, "SuccessfulDelete", `Deleted job ${job.metadata.name}`)]
    : [warn(cronJob, "FailedDelete", `Deleted job: ${messageOf(outcome?.cause)}`)];

/** Those that still run go first. */
export function replaceWith(timeMs: number, situation: Situation): readonly Effect[] {
  const { cronJob, jobs, books } = situation;
  const { status } = books;
  const isActive = ({ metadata }: Job): boolean =>
    (status.active ?? []).some(({ uid }) => uid === metadata.uid);
  const replaced = jobs.filter(isActive);
  return [
    settle(
      replaced.map((job) => remove(Job, job, { propagationPolicy: "Background" })),
      (outcomes) => {
        const events = replaced.flatMap((job, i) => deletionEvents(cronJob, job, outcomes[i]));
        const gone = new Set(
          replaced.filter((_job, i) => outcomes[i]?.ok).map(({ metadata }) => metadata.uid),
        );
        const left = (status.active ?? []).filter(({ uid }) => !gone.has(uid));
        const entered = { ...status, active: left };
        const failure = failureIn(outcomes);
        if (failure === undefined) return [...events, ...launch(timeMs, situation, entered)];
        return [...events, setStatus(CronJob, cronJob, entered), fail(failure)];
      },
    ),
  ];
}

export function launch(
  timeMs: number,
  { cronJob, now }: Situation,
  status: CronJobStatus,
): readonly Effect[] {
  const enter = (job: Job): Effect =>
    setStatus(CronJob, cronJob, {
      ...status,
      active: [...(status.active ?? []), referenceTo(job)],
      lastScheduleTime: formatTime(timeMs),
    });
  const started = (outcome: Outcome | undefined): readonly Effect[] => {
    if (outcome?.ok) {
      const job = outcome.found as Job;
      return [
        countLateness(timeMs, now),
        note(cronJob, "SuccessfulCreate", `Created job ${job.metadata.name}`),
        enter(job),
      ];
    }
    const cause = outcome?.cause;
    if (isReason(cause, "AlreadyExists")) return enterExisting(cronJob, status, { timeMs, enter });
    const events = isNamespaceGoing(cause)
      ? []
      : [warn(cronJob, "FailedCreate", `Error creating job: ${messageOf(cause)}`)];
    return [...events, setStatus(CronJob, cronJob, status), fail(cause)];
  };
  return [settle([create(Job, jobFor(cronJob, timeMs))], ([outcome]) => started(outcome))];
}

/** It was created before, and then something came between that and the status. */
function enterExisting(
  cronJob: CronJob,
  status: CronJobStatus,
  { timeMs, enter }: { readonly timeMs: number; readonly enter: (job: Job) => Effect },
): readonly Effect[] {
  const { namespace } = cronJob.metadata;
  const at = { namespace, name: jobNameAt(cronJob, timeMs) };
  return [
    settle([{ do: "fetch", kind: Job, at }], ([fresh]) => {
      if (!fresh?.ok) return [fail(fresh?.cause)];
      const job = fresh.found as Job | undefined;
      const isOurs = job && controllerOf(job)?.uid === cronJob.metadata.uid;
      const isKnown = status.active?.some(({ uid }) => uid === job?.metadata.uid);
      return [isOurs && !isKnown ? enter(job) : setStatus(CronJob, cronJob, status)];
    }),
  ];
}
