import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ComponentCondition = s.struct("core/v1.ComponentCondition", {
  type: s.string(1, { required: true }),
  status: s.string(2, { required: true }),
  message: s.string(3),
  error: s.string(4),
});

export interface ComponentCondition extends ValueOf<typeof ComponentCondition> {}

export const ComponentStatus = defineKind({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  plural: "componentstatuses",
  shortNames: ["cs"],
  scope: "Cluster",
  verbs: ["get", "list"],
  schema: s.struct("core/v1.ComponentStatus", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    conditions: s.list(2, ComponentCondition, {
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
  }),
});

export interface ComponentStatus extends ObjectOf<typeof ComponentStatus> {}
