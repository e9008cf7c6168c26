import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const NamespaceCondition = s.struct("core/v1.NamespaceCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  lastTransitionTime: s.time(4),
  reason: s.string(5),
  message: s.string(6),
});

export interface NamespaceCondition extends ValueOf<typeof NamespaceCondition> {}

export const NamespaceSpec = s.struct("core/v1.NamespaceSpec", {
  finalizers: s.list(1, "string", { listType: "atomic" }),
});

export interface NamespaceSpec extends ValueOf<typeof NamespaceSpec> {}

export const NamespaceStatus = s.struct("core/v1.NamespaceStatus", {
  phase: s.oneOf(1, ["Active", "Terminating"]),
  conditions: s.list(2, NamespaceCondition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface NamespaceStatus extends ValueOf<typeof NamespaceStatus> {}

export const Namespace = defineKind({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  scope: "Cluster",
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  storage: { prefix: "/registry/namespaces", hash: "Q3oi5N2YM8M=" },
  schema: s.struct("core/v1.Namespace", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, NamespaceSpec),
    status: s.object(3, NamespaceStatus),
  }),
  status: {},
});

export interface Namespace extends ObjectOf<typeof Namespace> {}
