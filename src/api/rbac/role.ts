import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { PolicyRule } from "./rules.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const Role = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  scope: "Namespaced",
  storage: { prefix: "/registry/roles", hash: "7FuwZcIIItM=" },
  schema: s.struct("rbac/v1.Role", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    rules: s.list(2, PolicyRule, { always: true, listType: "atomic" }),
  }),
});

export interface Role extends ObjectOf<typeof Role> {}
