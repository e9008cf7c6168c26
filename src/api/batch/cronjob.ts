import { ageColumn, containerColumns, formatAge, nameColumn, selectorText } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { JobSpec } from "./job.ts";
import { ObjectReference } from "#api/core/references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import {
  validCronJob,
  validCronJobUpdate,
  validJobTemplate,
  validNewCronJob,
} from "./cronjob-rules.ts";
import { cronJobWarnings } from "./cronjob-warnings.ts";

export const JobTemplateSpec = s.struct(
  "batch/v1.JobTemplateSpec",
  {
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, JobSpec),
  },
  { validate: ({ spec }, at): Iterable<FieldError> => validJobTemplate(spec, `${at}.spec`) },
);

export interface JobTemplateSpec extends ValueOf<typeof JobTemplateSpec> {}

export const CronJobSpec = s.struct(
  "batch/v1.CronJobSpec",
  {
    schedule: s.string(1, {
      required: true,
      doc: "Minute, hour, day of the month, month and day of the week, as cron has them.",
    }),
    timeZone: s.string(8, {
      optional: true,
      doc: "The time zone of the schedule (Europe/Berlin); that of the controller unless said.",
    }),
    startingDeadlineSeconds: s.int64(2, {
      optional: true,
      doc: "A job that could not be started on time is still started, if it is not later than this.",
    }),
    concurrencyPolicy: s.oneOf(3, ["Allow", "Forbid", "Replace"], {
      doc: "What becomes of a job whose time has come while the last one still runs.",
    }),
    suspend: s.boolean(4, { optional: true, doc: "No jobs are started while this is set." }),
    jobTemplate: s.object(5, JobTemplateSpec, { required: true, doc: "The jobs to be run." }),
    successfulJobsHistoryLimit: s.int32(6, { optional: true, doc: "So many are kept." }),
    failedJobsHistoryLimit: s.int32(7, { optional: true, doc: "So many are kept." }),
  },
  {
    defaults(draft) {
      draft.concurrencyPolicy ||= "Allow";
      draft.suspend ??= false;
      draft.successfulJobsHistoryLimit ??= 3;
      draft.failedJobsHistoryLimit ??= 1;
    },
  },
);

export interface CronJobSpec extends ValueOf<typeof CronJobSpec> {}

export const CronJobStatus = s.struct("batch/v1.CronJobStatus", {
  active: s.list(1, ObjectReference, { listType: "atomic" }),
  lastScheduleTime: s.time(4, { optional: true }),
  lastSuccessfulTime: s.time(5, { optional: true }),
});

export interface CronJobStatus extends ValueOf<typeof CronJobStatus> {}

export const CronJob = defineKind({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  shortNames: ["cj"],
  categories: ["all"],
  scope: "Namespaced",
  doc: "Runs a job again and again, at the times that its schedule says.",
  storage: { prefix: "/registry/cronjobs", hash: "sd5LIXh4Fjs=" },
  schema: s.struct("batch/v1.CronJob", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CronJobSpec, { required: true }),
    status: s.object(3, CronJobStatus),
  }),
  status: {},
  hasGeneration: true,

  validate: ({ spec }): Iterable<FieldError> => validCronJob(spec),
  validateCreate: (cronJob): Iterable<FieldError> => validNewCronJob(cronJob),
  validateUpdate: ({ spec }, old): Iterable<FieldError> => validCronJobUpdate(spec, old.spec),
  warnings: (cronJob, old): Iterable<string> => cronJobWarnings(cronJob, old),

  columns: [
    nameColumn,
    { name: "Schedule", type: "string", cell: ({ spec }) => spec.schedule },
    { name: "Timezone", type: "string", cell: ({ spec }) => spec.timeZone ?? "<none>" },
    {
      name: "Suspend",
      type: "boolean",
      cell: ({ spec: { suspend } }) =>
        suspend === undefined ? "<unset>" : suspend ? "True" : "False",
    },
    { name: "Active", type: "integer", cell: ({ status }) => status.active?.length ?? 0 },
    {
      name: "Last Schedule",
      type: "string",
      cell: ({ status: { lastScheduleTime } }, nowMs) =>
        lastScheduleTime ? formatAge(lastScheduleTime, nowMs) : "<none>",
    },
    ageColumn,
    ...containerColumns(
      ({ spec }: { spec: CronJobSpec }) => spec.jobTemplate.spec.template.spec.containers,
    ),
    {
      name: "Selector",
      type: "string",
      wide: true,
      cell: ({ spec }) => selectorText(spec.jobTemplate.spec.selector),
    },
  ],
});

export interface CronJob extends ObjectOf<typeof CronJob> {}
