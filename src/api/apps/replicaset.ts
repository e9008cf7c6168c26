import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ReplicaSetCondition = s.struct("apps/v1.ReplicaSetCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface ReplicaSetCondition extends ValueOf<typeof ReplicaSetCondition> {}

export const ReplicaSetSpec = s.struct("apps/v1.ReplicaSetSpec", {
  replicas: s.int32(1, { optional: true }),
  minReadySeconds: s.int32(4),
  selector: s.object(2, LabelSelector, { required: true, nullable: true }),
  template: s.object(3, PodTemplateSpec),
});

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
  storage: { prefix: "/registry/replicasets", hash: "P1RzHs8/mWQ=" },
  schema: s.struct("apps/v1.ReplicaSet", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ReplicaSetSpec),
    status: s.object(3, ReplicaSetStatus),
  }),
  status: {},
});

export interface ReplicaSet extends ObjectOf<typeof ReplicaSet> {}
