import { ageColumn, containerColumns, nameColumn } from "#api/columns.ts";
import { isEnabled } from "#api/feature-gates.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { nameIsDnsLabel } from "#api/names.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import {
  validNewStatefulSet,
  validStatefulSetSpec,
  validStatefulSetUpdate,
} from "./statefulset-rules.ts";
import { validStatefulSetStatus } from "./statefulset-status-rules.ts";
import { statefulSetWarnings } from "./statefulset-warnings.ts";
import { scaleTrait } from "./workload-traits.ts";

export const RollingUpdateStatefulSetStrategy = s.struct(
  "apps/v1.RollingUpdateStatefulSetStrategy",
  {
    partition: s.int32(1, {
      optional: true,
      doc: "Only pods with this ordinal and higher ones are replaced.",
    }),
    maxUnavailable: s.intOrString(2, { optional: true, gate: "MaxUnavailableStatefulSet" }),
  },
);

export interface RollingUpdateStatefulSetStrategy extends ValueOf<
  typeof RollingUpdateStatefulSetStrategy
> {}

export const StatefulSetCondition = s.struct("apps/v1.StatefulSetCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface StatefulSetCondition extends ValueOf<typeof StatefulSetCondition> {}

export const StatefulSetOrdinals = s.struct("apps/v1.StatefulSetOrdinals", {
  start: s.int32(1, { always: true }),
});

export interface StatefulSetOrdinals extends ValueOf<typeof StatefulSetOrdinals> {}

export const StatefulSetPersistentVolumeClaimRetentionPolicy = s.struct(
  "apps/v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  {
    whenDeleted: s.string(1, { doc: "Retain or Delete, when the set is deleted." }),
    whenScaled: s.string(2, { doc: "Retain or Delete, when a pod is one too many." }),
  },
  {
    defaults(draft) {
      draft.whenDeleted ||= "Retain";
      draft.whenScaled ||= "Retain";
    },
  },
);

export interface StatefulSetPersistentVolumeClaimRetentionPolicy extends ValueOf<
  typeof StatefulSetPersistentVolumeClaimRetentionPolicy
> {}

export const StatefulSetUpdateStrategy = s.struct(
  "apps/v1.StatefulSetUpdateStrategy",
  {
    type: s.oneOf(1, ["OnDelete", "RollingUpdate"], {
      checkedByOwner: true,
      doc: "RollingUpdate replaces pods from the last to the first; OnDelete waits for somebody to delete them.",
    }),
    rollingUpdate: s.object(2, RollingUpdateStatefulSetStrategy, { optional: true }),
  },
  {
    defaults(draft) {
      if (!draft.type) {
        draft.type = "RollingUpdate";
        draft.rollingUpdate ??= {};
      }
      if (draft.type !== "RollingUpdate" || !draft.rollingUpdate) return;
      draft.rollingUpdate.partition ??= 0;
      if (isEnabled("MaxUnavailableStatefulSet")) draft.rollingUpdate.maxUnavailable ??= 1;
    },
  },
);

export interface StatefulSetUpdateStrategy extends ValueOf<typeof StatefulSetUpdateStrategy> {}

export const StatefulSetSpec = s.struct(
  "apps/v1.StatefulSetSpec",
  {
    replicas: s.int32(1, { optional: true, doc: "So many pods should run; 1 unless said." }),
    selector: s.object(2, LabelSelector, {
      required: true,
      nullable: true,
      doc: "The pods of the set. It must match the template, and cannot be changed.",
    }),
    template: s.object(3, PodTemplateSpec, {
      required: true,
      checkedByOwner: true,
      doc: "The pods to be run. Each is named after the set and its ordinal, and keeps both.",
    }),
    volumeClaimTemplates: s.list(4, PersistentVolumeClaim.schema, {
      listType: "atomic",
      doc: "Claims that each pod gets for itself, and gets again when it comes back.",
    }),
    serviceName: s.string(5, {
      always: true,
      doc: "The service that gives the pods their names in DNS; somebody has to make it.",
    }),
    podManagementPolicy: s.oneOf(6, ["OrderedReady", "Parallel"], {
      checkedByOwner: true,
      doc: "Whether pods are started and stopped one after the other, or all at once.",
    }),
    updateStrategy: s.object(7, StatefulSetUpdateStrategy, {
      doc: "How pods of an old template are replaced.",
    }),
    revisionHistoryLimit: s.int32(8, {
      optional: true,
      doc: "So many old templates are kept, to go back to; 10 unless said.",
    }),
    minReadySeconds: s.int32(9, { doc: "For so long a pod must be ready before it counts." }),
    persistentVolumeClaimRetentionPolicy: s.object(
      10,
      StatefulSetPersistentVolumeClaimRetentionPolicy,
      { optional: true, doc: "What becomes of claims whose pod is gone for good." },
    ),
    ordinals: s.object(11, StatefulSetOrdinals, {
      optional: true,
      doc: "Where the numbers of the pods begin.",
    }),
  },
  {
    defaults(draft) {
      draft.podManagementPolicy ||= "OrderedReady";
      draft.persistentVolumeClaimRetentionPolicy ??= {
        whenDeleted: "Retain",
        whenScaled: "Retain",
      };
      draft.replicas ??= 1;
      draft.revisionHistoryLimit ??= 10;
      for (const claim of draft.volumeClaimTemplates ?? []) {
        if (claim.kind !== "PersistentVolumeClaim") claim.kind = "PersistentVolumeClaim";
        if (claim.apiVersion !== "v1") claim.apiVersion = "v1";
      }
    },
    validate: (value, at): Iterable<FieldError> => validStatefulSetSpec(value, at),
  },
);

export interface StatefulSetSpec extends ValueOf<typeof StatefulSetSpec> {}

export const StatefulSetStatus = s.struct("apps/v1.StatefulSetStatus", {
  observedGeneration: s.int64(1),
  replicas: s.int32(2, { required: true }),
  readyReplicas: s.int32(3),
  currentReplicas: s.int32(4),
  updatedReplicas: s.int32(5),
  currentRevision: s.string(6),
  updateRevision: s.string(7),
  collisionCount: s.int32(9, { optional: true }),
  conditions: s.list(10, StatefulSetCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
  availableReplicas: s.int32(11, { always: true }),
});

export interface StatefulSetStatus extends ValueOf<typeof StatefulSetStatus> {}

export const StatefulSet = defineKind({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  shortNames: ["sts"],
  categories: ["all"],
  scope: "Namespaced",
  doc: "Runs pods that are told apart: each has a number, a name and storage of its own, and keeps them.",
  storage: { prefix: "/registry/statefulsets", hash: "H+vl74LkKdo=" },
  schema: s.struct("apps/v1.StatefulSet", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, StatefulSetSpec),
    status: s.object(3, StatefulSetStatus),
  }),
  status: { validate: ({ status }, old) => validStatefulSetStatus(status, old.status) },
  scale: scaleTrait(),
  hasGeneration: true,
  nameRule: nameIsDnsLabel,

  validateCreate: ({ spec }): Iterable<FieldError> => validNewStatefulSet(spec),
  validateUpdate: ({ spec }, old): Iterable<FieldError> => validStatefulSetUpdate(spec, old.spec),
  warnings: ({ spec }, old): Iterable<string> => statefulSetWarnings(spec, old?.spec),

  columns: [
    nameColumn,
    {
      name: "Ready",
      type: "string",
      cell: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    },
    ageColumn,
    ...containerColumns(({ spec }: { spec: StatefulSetSpec }) => spec.template.spec.containers),
  ],
});

export interface StatefulSet extends ObjectOf<typeof StatefulSet> {}
