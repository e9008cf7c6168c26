/**
 * Starts a job at each time of a CronJob's schedule, and tidies up after the old ones.
 * upstream: pkg/controller/cronjob/cronjob_controllerv2.go
 */
import { isTimeZone } from "#api/batch/cron-schedule.ts";
import { CronJob } from "#api/batch/cronjob.ts";
import { Job } from "#api/batch/job.ts";
import { formatTime } from "#base/clock.ts";
import { beyondHistory, booksOf } from "./cronjob/books.ts";
import { deadlineStart, dueTime, lastTime, missedMax, nextLookIn, timesOf } from "./cronjob/due.ts";
import { jobNameAt } from "./cronjob/job-for.ts";
import { deletionEvents, launch, replaceWith, type Situation } from "./cronjob/launch.ts";
import { cronjobMeter } from "./cronjob/metrics.ts";
import { defineController, eventsRule, type View } from "./runtime/controller.ts";
import {
  type Effect,
  fail,
  failureIn,
  note,
  type Outcome,
  remove,
  setStatus,
  settle,
  wakeIn,
  warn,
} from "./runtime/effects.ts";

const batch = ["batch"];

export const cronjobController = defineController({
  name: "cronjob-controller",
  queue: "cronjob",
  for: CronJob,
  owns: [Job],
  meter: cronjobMeter,
  rules: [
    { verbs: ["get", "list", "watch", "update"], apiGroups: batch, resources: ["cronjobs"] },
    {
      verbs: ["get", "list", "watch", "create", "update", "delete", "patch"],
      apiGroups: batch,
      resources: ["jobs"],
    },
    { verbs: ["update"], apiGroups: batch, resources: ["cronjobs/status"] },
    { verbs: ["update"], apiGroups: batch, resources: ["cronjobs/finalizers"] },
    { verbs: ["list", "delete"], apiGroups: [""], resources: ["pods"] },
    eventsRule,
  ],

  reconcile(cronJob, view) {
    const jobs = view.owned(Job, cronJob);
    const old = beyondHistory(cronJob, jobs);
    const unknown = (cronJob.status.active ?? []).filter(
      ({ uid }) => !jobs.some(({ metadata }) => metadata.uid === uid),
    );
    const lookups = unknown.map(({ namespace, name = "" }): Effect => ({
      do: "fetch",
      kind: Job,
      at: { namespace, name },
    }));
    const forgetting = old.map((job) => remove(Job, job, { propagationPolicy: "Background" }));
    const known = sinceKnown(cronJob, view);
    return [
      settle([...forgetting, ...lookups], (outcomes) => {
        const failure = failureIn(outcomes.slice(old.length));
        if (failure !== undefined) return [fail(failure)];
        const missing = unknown.filter((_ref, i) => isMissing(outcomes[old.length + i]));
        const books = booksOf(cronJob, jobs, missing);
        const events = [
          ...old.flatMap((job, i) => deletionEvents(cronJob, job, outcomes[i])),
          ...books.events,
        ];
        return [...events, ...start({ cronJob, jobs, books, since: known, now: view.now })];
      }),
    ];
  },
});

/** The cache did not have it, and neither does the server. */
const isMissing = (outcome: Outcome | undefined): boolean =>
  outcome?.ok === true && outcome.found === undefined;

/**
 * A schedule that was changed while this process looked on begins then: times that the new one
 * would have had before are not made up for. After a restart all of them count.
 */
function sinceKnown({ spec: { schedule, timeZone = "" } }: CronJob, { since }: View): number {
  const first = since("looked");
  const changed = since(`schedule ${schedule} ${timeZone}`);
  return changed > first ? changed : -Infinity;
}

// exact: kube-controller-manager, all events below
function start(situation: Situation): readonly Effect[] {
  const { cronJob, books } = situation;
  const { suspend, schedule, timeZone } = cronJob.spec;
  const enter = setStatus(CronJob, cronJob, books.status);
  const stop = (...events: readonly Effect[]): readonly Effect[] => [...events, enter];
  if (cronJob.metadata.deletionTimestamp) return stop();
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`;
    return stop(warn(cronJob, "UnknownTimeZone", message));
  }
  if (suspend) return stop();
  const times = timesOf(cronJob);
  const unsupported = schedule.includes("TZ") ? [oldTimeZone(cronJob)] : [];
  if (typeof times === "string") {
    const message = `unparseable schedule: ${JSON.stringify(schedule)} : ${times}`;
    return stop(...unsupported, warn(cronJob, "UnparseableSchedule", message));
  }
  const due = dueTime(times, earliest(situation, "deadline"), situation.now);
  if (typeof due === "string") {
    const message = `invalid schedule: ${schedule} : ${due}`;
    return stop(...unsupported, warn(cronJob, "InvalidSchedule", message));
  }
  const wake = nextLookIn(times, earliest(situation), situation.now);
  const next = wake === undefined ? [] : [wakeIn(wake)];
  const many = due.timeMs !== undefined && due.missed > missedMax ? [tooMany(cronJob)] : [];
  return [...next, ...unsupported, ...many, ...startAt(due.timeMs, situation)];
}

const oldTimeZone = (cronJob: CronJob): Effect =>
  warn(
    cronJob,
    "UnsupportedSchedule",
    `CRON_TZ or TZ used in schedule ${JSON.stringify(cronJob.spec.schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`,
  );

const tooMany = (cronJob: CronJob): Effect =>
  warn(
    cronJob,
    "TooManyMissedTimes",
    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
  );

/** After which times count, whether or not it is too late for them. */
function earliest({ cronJob, since, now }: Situation, limit?: "deadline"): number {
  const after = Math.max(lastTime(cronJob), since);
  return limit ? Math.max(after, deadlineStart(cronJob, now)) : after;
}

function startAt(timeMs: number | undefined, situation: Situation): readonly Effect[] {
  const { cronJob, books, now } = situation;
  const enter = setStatus(CronJob, cronJob, books.status);
  if (timeMs === undefined) return [enter];
  const { active = [], lastScheduleTime } = books.status;
  if (timeMs < deadlineStart(cronJob, now)) {
    const message = `Missed scheduled time to start a job: ${rfc1123(timeMs)}`;
    return [warn(cronJob, "MissSchedule", message), enter];
  }
  const name = jobNameAt(cronJob, timeMs);
  const isStarted = active.some((job) => job.name === name);
  if (isStarted || lastScheduleTime === formatTime(timeMs)) return [enter];
  const { concurrencyPolicy } = cronJob.spec;
  if (concurrencyPolicy === "Forbid" && active.length > 0) {
    const message =
      "Not starting job because prior execution is running and concurrency policy is Forbid";
    return [note(cronJob, "JobAlreadyActive", message), enter];
  }
  return concurrencyPolicy === "Replace"
    ? replaceWith(timeMs, situation)
    : launch(timeMs, situation, books.status);
}

/** `Mon, 02 Jan 2006 15:04:05 +0000`. */
const rfc1123 = (timeMs: number): string => new Date(timeMs).toUTCString().replace(/GMT$/, "+0000");
