import { defineKind, type ObjectOf } from "#api/kind.ts";
import { JobSpec } from "./job.ts";
import { ObjectReference } from "#api/core/references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const JobTemplateSpec = s.struct("batch/v1.JobTemplateSpec", {
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, JobSpec),
});

export interface JobTemplateSpec extends ValueOf<typeof JobTemplateSpec> {}

export const CronJobSpec = s.struct("batch/v1.CronJobSpec", {
  schedule: s.string(1, { required: true }),
  timeZone: s.string(8, { optional: true }),
  startingDeadlineSeconds: s.int64(2, { optional: true }),
  concurrencyPolicy: s.oneOf(3, ["Allow", "Forbid", "Replace"]),
  suspend: s.boolean(4, { optional: true }),
  jobTemplate: s.object(5, JobTemplateSpec, { required: true }),
  successfulJobsHistoryLimit: s.int32(6, { optional: true }),
  failedJobsHistoryLimit: s.int32(7, { optional: true }),
});

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
  storage: { prefix: "/registry/cronjobs", hash: "sd5LIXh4Fjs=" },
  schema: s.struct("batch/v1.CronJob", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CronJobSpec, { required: true }),
    status: s.object(3, CronJobStatus),
  }),
  status: {},
});

export interface CronJob extends ObjectOf<typeof CronJob> {}
