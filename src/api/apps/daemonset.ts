import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const DaemonSetCondition = s.struct("apps/v1.DaemonSetCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface DaemonSetCondition extends ValueOf<typeof DaemonSetCondition> {}

export const RollingUpdateDaemonSet = s.struct("apps/v1.RollingUpdateDaemonSet", {
  maxUnavailable: s.intOrString(1, { optional: true }),
  maxSurge: s.intOrString(2, { optional: true }),
});

export interface RollingUpdateDaemonSet extends ValueOf<typeof RollingUpdateDaemonSet> {}

export const DaemonSetUpdateStrategy = s.struct("apps/v1.DaemonSetUpdateStrategy", {
  type: s.oneOf(1, ["OnDelete", "RollingUpdate"]),
  rollingUpdate: s.object(2, RollingUpdateDaemonSet, { optional: true }),
});

export interface DaemonSetUpdateStrategy extends ValueOf<typeof DaemonSetUpdateStrategy> {}

export const DaemonSetSpec = s.struct("apps/v1.DaemonSetSpec", {
  selector: s.object(1, LabelSelector, { required: true, nullable: true }),
  template: s.object(2, PodTemplateSpec, { required: true }),
  updateStrategy: s.object(3, DaemonSetUpdateStrategy),
  minReadySeconds: s.int32(4),
  revisionHistoryLimit: s.int32(6, { optional: true }),
});

export interface DaemonSetSpec extends ValueOf<typeof DaemonSetSpec> {}

export const DaemonSetStatus = s.struct("apps/v1.DaemonSetStatus", {
  currentNumberScheduled: s.int32(1, { required: true }),
  numberMisscheduled: s.int32(2, { required: true }),
  desiredNumberScheduled: s.int32(3, { required: true }),
  numberReady: s.int32(4, { required: true }),
  observedGeneration: s.int64(5),
  updatedNumberScheduled: s.int32(6),
  numberAvailable: s.int32(7),
  numberUnavailable: s.int32(8),
  collisionCount: s.int32(9, { optional: true }),
  conditions: s.list(10, DaemonSetCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface DaemonSetStatus extends ValueOf<typeof DaemonSetStatus> {}

export const DaemonSet = defineKind({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  shortNames: ["ds"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/daemonsets", hash: "dd7pWHUlMKQ=" },
  schema: s.struct("apps/v1.DaemonSet", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, DaemonSetSpec),
    status: s.object(3, DaemonSetStatus),
  }),
  status: {},
});

export interface DaemonSet extends ObjectOf<typeof DaemonSet> {}
