import { ageColumn, containerColumns, nameColumn, selectorText } from "#api/columns.ts";
import { podTemplateWarnings } from "#api/core/pod-warnings.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validReplicaSetSpec, validReplicaSetStatus } from "./replicaset-rules.ts";
import { keepSelector, scaleTrait } from "./workload-traits.ts";

export const ReplicaSetCondition = s.struct("apps/v1.ReplicaSetCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface ReplicaSetCondition extends ValueOf<typeof ReplicaSetCondition> {}

export const ReplicaSetSpec = s.struct(
  "apps/v1.ReplicaSetSpec",
  {
    replicas: s.int32(1, { optional: true, doc: "So many pods should run; 1 unless said." }),
    minReadySeconds: s.int32(4, { doc: "For so long a pod must be ready before it counts." }),
    selector: s.object(2, LabelSelector, {
      required: true,
      nullable: true,
      doc: "The pods of the replica set. It must match the template, and cannot be changed.",
    }),
    template: s.object(3, PodTemplateSpec, {
      doc: "The pods to be made when some are missing; those that are there stay as they are.",
    }),
  },
  {
    defaults(draft) {
      draft.replicas ??= 1;
    },
    validate: (value, at): Iterable<FieldError> => validReplicaSetSpec(value, at),
  },
);

export interface ReplicaSetSpec extends ValueOf<typeof ReplicaSetSpec> {}

export const ReplicaSetStatus = s.struct("apps/v1.ReplicaSetStatus", {
  replicas: s.int32(1, { required: true }),
  fullyLabeledReplicas: s.int32(2),
  readyReplicas: s.int32(4),
  availableReplicas: s.int32(5),
  terminatingReplicas: s.int32(7, { optional: true }),
  observedGeneration: s.int64(3),
  conditions: s.list(6, ReplicaSetCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface ReplicaSetStatus extends ValueOf<typeof ReplicaSetStatus> {}

export const ReplicaSet = defineKind({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  shortNames: ["rs"],
  categories: ["all"],
  scope: "Namespaced",
  doc: "Keeps a number of pods running. Usually a deployment makes it.",
  storage: { prefix: "/registry/replicasets", hash: "P1RzHs8/mWQ=" },
  schema: s.struct("apps/v1.ReplicaSet", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ReplicaSetSpec),
    status: s.object(3, ReplicaSetStatus),
  }),
  status: { validate: ({ status }) => validReplicaSetStatus(status) },
  scale: scaleTrait(),
  hasGeneration: true,

  validateUpdate: ({ spec }, old): Iterable<FieldError> => keepSelector(spec, old.spec),
  warnings: ({ spec }, old) =>
    equal(spec, old?.spec) ? [] : podTemplateWarnings(spec.template, "spec.template"),

  columns: [
    nameColumn,
    { name: "Desired", type: "integer", cell: ({ spec }) => spec.replicas ?? 0 },
    { name: "Current", type: "integer", cell: ({ status }) => status.replicas },
    { name: "Ready", type: "integer", cell: ({ status }) => status.readyReplicas ?? 0 },
    ageColumn,
    ...containerColumns(({ spec }: { spec: ReplicaSetSpec }) => spec.template.spec.containers),
    {
      name: "Selector",
      type: "string",
      wide: true,
      cell: ({ spec }) => selectorText(spec.selector ?? undefined),
    },
  ],
});

export interface ReplicaSet extends ObjectOf<typeof ReplicaSet> {}
