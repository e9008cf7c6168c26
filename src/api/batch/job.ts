import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

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
    operator: s.oneOf(2, ["In", "NotIn"], { required: true }),
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
);

export interface PodFailurePolicyOnPodConditionsPattern extends ValueOf<
  typeof PodFailurePolicyOnPodConditionsPattern
> {}

export const PodFailurePolicyRule = s.struct("batch/v1.PodFailurePolicyRule", {
  action: s.oneOf(1, ["Count", "FailIndex", "FailJob", "Ignore"], { required: true }),
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

export const JobSpec = s.struct("batch/v1.JobSpec", {
  parallelism: s.int32(1, { optional: true }),
  completions: s.int32(2, { optional: true }),
  activeDeadlineSeconds: s.int64(3, { optional: true }),
  podFailurePolicy: s.object(11, PodFailurePolicy, { optional: true }),
  successPolicy: s.object(16, SuccessPolicy, { optional: true }),
  backoffLimit: s.int32(7, { optional: true }),
  backoffLimitPerIndex: s.int32(12, { optional: true }),
  maxFailedIndexes: s.int32(13, { optional: true }),
  selector: s.object(4, LabelSelector, { optional: true }),
  manualSelector: s.boolean(5, { optional: true }),
  template: s.object(6, PodTemplateSpec, { required: true }),
  ttlSecondsAfterFinished: s.int32(8, { optional: true }),
  completionMode: s.oneOf(9, ["Indexed", "NonIndexed"], { optional: true }),
  suspend: s.boolean(10, { optional: true }),
  podReplacementPolicy: s.oneOf(14, ["Failed", "TerminatingOrFailed"], { optional: true }),
  managedBy: s.string(15, { optional: true }),
});

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
  storage: { prefix: "/registry/jobs", hash: "mudhfqk/qZY=" },
  schema: s.struct("batch/v1.Job", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, JobSpec),
    status: s.object(3, JobStatus),
  }),
  status: {},
});

export interface Job extends ObjectOf<typeof Job> {}
