import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Toleration } from "#api/core/affinity.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const Overhead = s.struct("node/v1.Overhead", {
  podFixed: s.map(1, "quantity"),
});

export interface Overhead extends ValueOf<typeof Overhead> {}

export const Scheduling = s.struct("node/v1.Scheduling", {
  nodeSelector: s.map(1, "string", { mapType: "atomic" }),
  tolerations: s.list(2, Toleration, { listType: "atomic" }),
});

export interface Scheduling extends ValueOf<typeof Scheduling> {}

export const RuntimeClass = defineKind({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  scope: "Cluster",
  storage: { prefix: "/registry/runtimeclasses", hash: "WQTu1GL3T2Q=" },
  schema: s.struct("node/v1.RuntimeClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    handler: s.string(2, { required: true }),
    overhead: s.object(3, Overhead, { optional: true }),
    scheduling: s.object(4, Scheduling, { optional: true }),
  }),
});

export interface RuntimeClass extends ObjectOf<typeof RuntimeClass> {}
