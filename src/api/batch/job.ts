import {
  ageColumn,
  containerColumns,
  formatAge,
  humanDuration,
  nameColumn,
  selectorText,
} from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { type Draft, s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { generateSelector } from "./job-labels.ts";
import { validJob } from "./job-object-rules.ts";
import { validJobSpec } from "./job-rules.ts";
import { validJobStatus } from "./job-status-rules.ts";
import { validJobUpdate } from "./job-update-rules.ts";
import { jobWarnings } from "./job-warnings.ts";

export const JobCondition = s.struct("batch/v1.JobCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastProbeTime: s.time(3),
  lastTransitionTime: s.time(4),
  reason: s.string(5),
  message: s.string(6),
});

export interface JobCondition extends ValueOf<typeof JobCondition> {}

export const PodFailurePolicyOnExitCodesRequirement = s.struct(
  "batch/v1.PodFailurePolicyOnExitCodesRequirement",
  {
    containerName: s.string(1, { optional: true }),
    operator: s.oneOf(2, ["In", "NotIn"], { required: true, checkedByOwner: true }),
    values: s.list(3, "int32", { required: true, listType: "set" }),
  },
);

export interface PodFailurePolicyOnExitCodesRequirement extends ValueOf<
  typeof PodFailurePolicyOnExitCodesRequirement
> {}

export const PodFailurePolicyOnPodConditionsPattern = s.struct(
  "batch/v1.PodFailurePolicyOnPodConditionsPattern",
  {
    type: s.string(1, { required: true }),
    status: s.string(2, { always: true }),
  },
  {
    defaults(draft) {
      draft.status ||= "True";
    },
  },
);

export interface PodFailurePolicyOnPodConditionsPattern extends ValueOf<
  typeof PodFailurePolicyOnPodConditionsPattern
> {}

export const PodFailurePolicyRule = s.struct("batch/v1.PodFailurePolicyRule", {
  action: s.oneOf(1, ["Count", "FailIndex", "FailJob", "Ignore"], {
    required: true,
    checkedByOwner: true,
  }),
  onExitCodes: s.object(2, PodFailurePolicyOnExitCodesRequirement, { optional: true }),
  onPodConditions: s.list(3, PodFailurePolicyOnPodConditionsPattern, { listType: "atomic" }),
});

export interface PodFailurePolicyRule extends ValueOf<typeof PodFailurePolicyRule> {}

export const PodFailurePolicy = s.struct("batch/v1.PodFailurePolicy", {
  rules: s.list(1, PodFailurePolicyRule, { required: true, listType: "atomic" }),
});

export interface PodFailurePolicy extends ValueOf<typeof PodFailurePolicy> {}

export const SuccessPolicyRule = s.struct("batch/v1.SuccessPolicyRule", {
  succeededIndexes: s.string(1, { optional: true }),
  succeededCount: s.int32(2, { optional: true }),
});

export interface SuccessPolicyRule extends ValueOf<typeof SuccessPolicyRule> {}

export const SuccessPolicy = s.struct("batch/v1.SuccessPolicy", {
  rules: s.list(1, SuccessPolicyRule, { required: true, listType: "atomic" }),
});

export interface SuccessPolicy extends ValueOf<typeof SuccessPolicy> {}

export const JobSpec = s.struct(
  "batch/v1.JobSpec",
  {
    parallelism: s.int32(1, { optional: true, doc: "So many pods may run at once." }),
    completions: s.int32(2, {
      optional: true,
      doc: "So many pods must succeed; unless said, one success is enough.",
    }),
    activeDeadlineSeconds: s.int64(3, {
      optional: true,
      doc: "When this much time has passed the job fails, whatever it has got done.",
    }),
    podFailurePolicy: s.object(11, PodFailurePolicy, {
      optional: true,
      doc: "Which failures of pods count, which are ignored, and which end the job.",
    }),
    successPolicy: s.object(16, SuccessPolicy, {
      optional: true,
      doc: "When an indexed job has succeeded although indexes are missing.",
    }),
    backoffLimit: s.int32(7, { optional: true, doc: "After so many failures the job fails." }),
    backoffLimitPerIndex: s.int32(12, { optional: true }),
    maxFailedIndexes: s.int32(13, { optional: true }),
    selector: s.object(4, LabelSelector, {
      optional: true,
      doc: "The pods of the job. The server makes it up.",
    }),
    manualSelector: s.boolean(5, {
      optional: true,
      doc: "The selector and its labels are the user's; nothing keeps jobs from getting mixed up.",
    }),
    template: s.object(6, PodTemplateSpec, { required: true, doc: "The pods that do the work." }),
    ttlSecondsAfterFinished: s.int32(8, {
      optional: true,
      doc: "When it has been finished for so long, the job is deleted.",
    }),
    completionMode: s.oneOf(9, ["NonIndexed", "Indexed"], {
      optional: true,
      doc: "Whether each pod gets an index from 0 to completions - 1, and each must succeed once.",
    }),
    suspend: s.boolean(10, { optional: true, doc: "No pods run while this is set." }),
    podReplacementPolicy: s.oneOf(14, ["Failed", "TerminatingOrFailed"], { optional: true }),
    managedBy: s.string(15, {
      optional: true,
      doc: "Who looks after the job, if not the job controller.",
    }),
  },
  { validate: (value, at): Iterable<FieldError> => validJobSpec(value, at) },
);

export interface JobSpec extends ValueOf<typeof JobSpec> {}

export const UncountedTerminatedPods = s.struct("batch/v1.UncountedTerminatedPods", {
  succeeded: s.list(1, "string", { listType: "set" }),
  failed: s.list(2, "string", { listType: "set" }),
});

export interface UncountedTerminatedPods extends ValueOf<typeof UncountedTerminatedPods> {}

export const JobStatus = s.struct("batch/v1.JobStatus", {
  conditions: s.list(1, JobCondition, { listType: "atomic", patch: "merge", patchKey: "type" }),
  startTime: s.time(2, { optional: true }),
  completionTime: s.time(3, { optional: true }),
  active: s.int32(4),
  succeeded: s.int32(5),
  failed: s.int32(6),
  terminating: s.int32(11, { optional: true }),
  completedIndexes: s.string(7),
  failedIndexes: s.string(10, { optional: true }),
  uncountedTerminatedPods: s.object(8, UncountedTerminatedPods, { optional: true }),
  ready: s.int32(9, { optional: true }),
});

export interface JobStatus extends ValueOf<typeof JobStatus> {}

export const Job = defineKind({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  categories: ["all"],
  scope: "Namespaced",
  doc: "Runs pods until enough of them have succeeded. What they did is not undone when the job is deleted.",
  storage: { prefix: "/registry/jobs", hash: "mudhfqk/qZY=" },
  schema: s.struct(
    "batch/v1.Job",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      spec: s.object(2, JobSpec),
      status: s.object(3, JobStatus),
    },
    { defaults: (draft): void => fillJob(draft) },
  ),
  status: { validate: (job, old): Iterable<FieldError> => validJobStatus(job, old) },
  hasGeneration: true,
  orphansByDefault: true,

  prepareForCreate: (draft): void => generateSelector(draft),
  validate: (job): Iterable<FieldError> => validJob(job),
  validateUpdate: (job, old): Iterable<FieldError> => validJobUpdate(job, old),
  warnings: (job, old): Iterable<string> => jobWarnings(job, old),

  selectableFields: { "status.successful": ({ status }) => String(status.succeeded ?? 0) },
  columns: [
    nameColumn,
    { name: "Status", type: "string", cell: (job) => progress(job) },
    { name: "Completions", type: "string", cell: (job) => completions(job) },
    { name: "Duration", type: "string", cell: ({ status }, nowMs) => duration(status, nowMs) },
    ageColumn,
    ...containerColumns(({ spec }: { spec: JobSpec }) => spec.template.spec.containers),
    {
      name: "Selector",
      type: "string",
      wide: true,
      cell: ({ spec }) => selectorText(spec.selector),
    },
  ],
});

export interface Job extends ObjectOf<typeof Job> {}

/** What is left out of a job; the job templates of cron jobs are left as they are. */
function fillJob({ metadata, spec }: Draft<{ metadata: ObjectMeta; spec: JobSpec }>): void {
  const isSingle = spec.completions === undefined && spec.parallelism === undefined;
  if (isSingle) spec.completions = 1;
  spec.parallelism ??= 1;
  const limit = spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  const replacement = spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  spec.backoffLimit ??= limit;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= replacement;
  spec.manualSelector ??= false;
  fillLabels(metadata, spec.template);
}

function fillLabels(metadata: Draft<ObjectMeta>, template: Draft<PodTemplateSpec>): void {
  const { labels } = template.metadata;
  if (labels) metadata.labels ??= { ...labels };
}

type Finished = Pick<Job, "metadata" | "spec" | "status">;

function progress({ metadata, status }: Finished): string {
  const has = (type: string) =>
    status.conditions?.some((condition) => condition.type === type && condition.status === "True");
  const found = ["Complete", "Failed"].find(has);
  if (found) return found;
  if (metadata.deletionTimestamp) return "Terminating";
  return ["Suspended", "FailureTarget", "SuccessCriteriaMet"].find(has) ?? "Running";
}

function completions({ spec, status }: Finished): string {
  const { succeeded = 0 } = status;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration({ startTime, completionTime }: JobStatus, nowMs: number): string {
  if (!startTime) return "";
  if (!completionTime) return formatAge(startTime, nowMs);
  return humanDuration(Date.parse(completionTime) - Date.parse(startTime));
}
