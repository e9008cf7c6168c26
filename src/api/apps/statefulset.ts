import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const RollingUpdateStatefulSetStrategy = s.struct(
  "apps/v1.RollingUpdateStatefulSetStrategy",
  {
    partition: s.int32(1, { optional: true }),
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
    whenDeleted: s.string(1),
    whenScaled: s.string(2),
  },
);

export interface StatefulSetPersistentVolumeClaimRetentionPolicy extends ValueOf<
  typeof StatefulSetPersistentVolumeClaimRetentionPolicy
> {}

export const StatefulSetUpdateStrategy = s.struct("apps/v1.StatefulSetUpdateStrategy", {
  type: s.oneOf(1, ["OnDelete", "RollingUpdate"]),
  rollingUpdate: s.object(2, RollingUpdateStatefulSetStrategy, { optional: true }),
});

export interface StatefulSetUpdateStrategy extends ValueOf<typeof StatefulSetUpdateStrategy> {}

export const StatefulSetSpec = s.struct("apps/v1.StatefulSetSpec", {
  replicas: s.int32(1, { optional: true }),
  selector: s.object(2, LabelSelector, { required: true, nullable: true }),
  template: s.object(3, PodTemplateSpec, { required: true }),
  volumeClaimTemplates: s.list(4, PersistentVolumeClaim.schema, { listType: "atomic" }),
  serviceName: s.string(5, { always: true }),
  podManagementPolicy: s.oneOf(6, ["OrderedReady", "Parallel"]),
  updateStrategy: s.object(7, StatefulSetUpdateStrategy),
  revisionHistoryLimit: s.int32(8, { optional: true }),
  minReadySeconds: s.int32(9),
  persistentVolumeClaimRetentionPolicy: s.object(
    10,
    StatefulSetPersistentVolumeClaimRetentionPolicy,
    { optional: true },
  ),
  ordinals: s.object(11, StatefulSetOrdinals, { optional: true }),
});

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
  storage: { prefix: "/registry/statefulsets", hash: "H+vl74LkKdo=" },
  schema: s.struct("apps/v1.StatefulSet", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, StatefulSetSpec),
    status: s.object(3, StatefulSetStatus),
  }),
  status: {},
});

export interface StatefulSet extends ObjectOf<typeof StatefulSet> {}
