/** upstream: pkg/apis/batch/validation/validation.go#validateCronJobSpec */
import { nonNegativeFields } from "#api/field-rules.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { byteLength } from "#api/names.ts";
import { child, type FieldError, invalid, notListed, required } from "#schema/field-error.ts";
import { isTimeZone, parseSchedule } from "./cron-schedule.ts";
import type { CronJobSpec } from "./cronjob.ts";
import type { JobSpec } from "./job.ts";

const counts = [
  "startingDeadlineSeconds",
  "successfulJobsHistoryLimit",
  "failedJobsHistoryLimit",
] as const;
const schedulePath = "spec.schedule";
const zonePath = "spec.timeZone";
/** Jobs are named after it, and the time. */
const nameMax = 63 - 11;

export function* validCronJob(spec: CronJobSpec): Iterable<FieldError> {
  const { schedule } = spec;
  const parsed = parseSchedule(schedule);
  if (schedule === "") yield required(schedulePath);
  else if (typeof parsed === "string") yield invalid(schedulePath, schedule, parsed);
  yield* nonNegativeFields("spec", spec, counts);
}

interface CronJob {
  readonly metadata: ObjectMeta;
  readonly spec: CronJobSpec;
}

export function* validNewCronJob({ metadata: { name = "" }, spec }: CronJob): Iterable<FieldError> {
  yield* noZone(spec.schedule);
  yield* validTimeZone(spec.timeZone);
  if (byteLength(name) > nameMax) {
    yield invalid("metadata.name", name, `must be no more than ${nameMax} bytes`);
  }
}

/** Schedules with a time zone were accepted once, and those who have one may keep it. */
export function* validCronJobUpdate(spec: CronJobSpec, old: CronJobSpec): Iterable<FieldError> {
  const { schedule, timeZone } = spec;
  if (!old.schedule.includes("TZ")) yield* noZone(schedule);
  else if (schedule.includes("TZ") && timeZone !== undefined) {
    const why = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
    yield invalid(schedulePath, schedule, why);
  }
  if (timeZone !== old.timeZone) yield* validTimeZone(timeZone);
}

function* noZone(schedule: string): Iterable<FieldError> {
  if (!schedule.includes("TZ")) return;
  const why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
  yield invalid(schedulePath, schedule, why);
}

const zonePart = /^(?!\.{1,2}$)(?!-)[-A-Za-z._0-9+]{1,14}$/;

function* validTimeZone(zone: string | undefined): Iterable<FieldError> {
  if (zone === undefined) return;
  if (zone === "") yield invalid(zonePath, zone, "timeZone must be nil or non-empty string");
  else if (zone.toLowerCase() === "local") {
    const why =
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    yield invalid(zonePath, zone, why);
  } else if (!zone.split("/").every((part) => zonePart.test(part)) || !isTimeZone(zone)) {
    yield invalid(zonePath, zone, `unknown time zone ${zone}`);
  }
}

/** What the jobs select is made up for each of them. */
export function* validJobTemplate(
  { selector, manualSelector }: JobSpec,
  at: string,
): Iterable<FieldError> {
  if (selector) {
    yield invalid(child(at, "selector"), selector, "`selector` will be auto-generated");
  }
  if (manualSelector) {
    yield notListed(child(at, "manualSelector"), manualSelector, ["nil", "false"]);
  }
}
