import { ageColumn, nameColumn } from "#api/columns.ts";
import type { PodParts } from "#api/core/pod-parts.ts";
import { immutable, validConditions } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Condition } from "#api/meta/condition.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import {
  schedulingFields,
  validLongName,
  validSchedulingPolicy,
  validShortName,
} from "./scheduling-policy.ts";

const WorkloadPodGroupTemplateReference = s.struct(
  "scheduling/v1alpha2.WorkloadPodGroupTemplateReference",
  {
    workloadName: s.string(1, { required: true }),
    podGroupTemplateName: s.string(2, { required: true }),
  },
);

const PodGroupTemplateReference = s.struct(
  "scheduling/v1alpha2.PodGroupTemplateReference",
  { workload: s.object(1, WorkloadPodGroupTemplateReference, { optional: true }) },
  { unions: [{ "fields-to-discriminateBy": { workload: "Workload" } }] },
);

interface PodGroupTemplateReference extends ValueOf<typeof PodGroupTemplateReference> {}

export const PodGroupSpec = s.struct("scheduling/v1alpha2.PodGroupSpec", {
  podGroupTemplateRef: s.object(1, PodGroupTemplateReference, {
    optional: true,
    doc: "The template of a Workload that the group was made from. It cannot be changed.",
  }),
  ...schedulingFields,
});

export interface PodGroupSpec extends ValueOf<typeof PodGroupSpec> {}

const PodGroupResourceClaimStatus = s.struct("scheduling/v1alpha2.PodGroupResourceClaimStatus", {
  name: s.string(1, { required: true }),
  resourceClaimName: s.string(2, { optional: true }),
});

export const PodGroupStatus = s.struct("scheduling/v1alpha2.PodGroupStatus", {
  conditions: s.list(1, Condition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
    doc: "PodGroupScheduled: whether the pods of the group got their nodes.",
  }),
  resourceClaimStatuses: s.list(2, PodGroupResourceClaimStatus, {
    listType: "map",
    keys: ["name"],
    patch: "merge,retainKeys",
    patchKey: "name",
    gate: "DRAWorkloadResourceClaims",
  }),
});

export interface PodGroupStatus extends ValueOf<typeof PodGroupStatus> {}

/** Keeps a group that is being deleted until none of its pods runs. */
export const protectionFinalizer = "scheduling.k8s.io/podgroup-protection";

/** `namespace/name` of the group that a pod belongs to. */
export function groupKeyOf({ metadata, spec }: PodLike): string | undefined {
  const name = spec.schedulingGroup?.podGroupName;
  return name === undefined ? undefined : `${metadata.namespace ?? ""}/${name}`;
}

type PodLike = Pick<PodParts, "metadata" | "spec">;

/**
 * differs: the gate GenericWorkload alone serves scheduling.k8s.io/v1alpha2; upstream wants
 * `--runtime-config=scheduling.k8s.io/v1alpha2=true` beside it.
 * upstream: pkg/registry/scheduling/podgroup/strategy.go
 */
export const PodGroup = defineKind({
  group: "scheduling.k8s.io",
  version: "v1alpha2",
  kind: "PodGroup",
  plural: "podgroups",
  scope: "Namespaced",
  gate: "GenericWorkload",
  doc: "Pods that belong together: those that name the group in spec.schedulingGroup. A gang gets nodes all at once or not at all.",
  storage: { prefix: "/registry/podgroups", hash: "YYgX3v5V204=" },
  schema: s.struct("scheduling/v1alpha2.PodGroup", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, PodGroupSpec, { required: true }),
    status: s.object(3, PodGroupStatus),
  }),

  *validateCreate({ spec: { podGroupTemplateRef, schedulingPolicy } }) {
    if (podGroupTemplateRef) yield* validReference(podGroupTemplateRef);
    yield* validSchedulingPolicy("spec.schedulingPolicy", schedulingPolicy);
  },

  *validateUpdate({ spec }, { spec: old }) {
    const { podGroupTemplateRef, schedulingPolicy } = spec;
    yield* immutable("spec.podGroupTemplateRef", podGroupTemplateRef, old.podGroupTemplateRef);
    yield* immutable("spec.schedulingPolicy", schedulingPolicy, old.schedulingPolicy);
  },

  status: {
    keeps: describing,
    validate: ({ status }) => validConditions("status.conditions", status.conditions),
  },

  columns: [nameColumn, ageColumn],
});

export interface PodGroup extends ObjectOf<typeof PodGroup> {}

function* validReference({ workload }: PodGroupTemplateReference): Iterable<FieldError> {
  const at = "spec.podGroupTemplateRef";
  if (!workload) {
    yield invalid(at, "", "must specify one of: `workload`");
    return;
  }
  yield* validLongName(`${at}.workload.workloadName`, workload.workloadName);
  yield* validShortName(`${at}.workload.podGroupTemplateName`, workload.podGroupTemplateName);
}
