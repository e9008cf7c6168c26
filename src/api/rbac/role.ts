import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { pathSegmentName } from "#api/names.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { PolicyRule, validRules } from "./rules.ts";

export const Role = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  scope: "Namespaced",
  doc: "A set of permissions within one namespace. It grants nothing until a RoleBinding names it.",
  storage: { prefix: "/registry/roles", hash: "7FuwZcIIItM=" },
  createsOnUpdate: true,
  nameRule: pathSegmentName,
  schema: s.struct("rbac/v1.Role", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    rules: s.list(2, PolicyRule, { always: true, listType: "atomic" }),
  }),

  validate: ({ rules }) => validRules(rules, "Namespaced"),
});

export interface Role extends ObjectOf<typeof Role> {}
