import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "./pod-spec.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ReplicationControllerCondition = s.struct("core/v1.ReplicationControllerCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(3),
  reason: s.string(4),
  message: s.string(5),
});

export interface ReplicationControllerCondition extends ValueOf<
  typeof ReplicationControllerCondition
> {}

export const ReplicationControllerSpec = s.struct("core/v1.ReplicationControllerSpec", {
  replicas: s.int32(1, { optional: true, default: 1 }),
  minReadySeconds: s.int32(4, { default: 0 }),
  selector: s.map(2, "string", { mapType: "atomic" }),
  template: s.object(3, PodTemplateSpec, { optional: true }),
});

export interface ReplicationControllerSpec extends ValueOf<typeof ReplicationControllerSpec> {}

export const ReplicationControllerStatus = s.struct("core/v1.ReplicationControllerStatus", {
  replicas: s.int32(1, { required: true }),
  fullyLabeledReplicas: s.int32(2),
  readyReplicas: s.int32(4),
  availableReplicas: s.int32(5),
  observedGeneration: s.int64(3),
  conditions: s.list(6, ReplicationControllerCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface ReplicationControllerStatus extends ValueOf<typeof ReplicationControllerStatus> {}

export const ReplicationController = defineKind({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  shortNames: ["rc"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/controllers", hash: "Jond2If31h0=" },
  schema: s.struct("core/v1.ReplicationController", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ReplicationControllerSpec),
    status: s.object(3, ReplicationControllerStatus),
  }),
  status: {},
});

export interface ReplicationController extends ObjectOf<typeof ReplicationController> {}
