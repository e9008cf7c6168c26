import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { RoleRef, Subject } from "./rules.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const RoleBinding = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  scope: "Namespaced",
  storage: { prefix: "/registry/rolebindings", hash: "eGsCzGH6b1g=" },
  schema: s.struct("rbac/v1.RoleBinding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    subjects: s.list(2, Subject, { listType: "atomic" }),
    roleRef: s.object(3, RoleRef, { required: true }),
  }),
});

export interface RoleBinding extends ObjectOf<typeof RoleBinding> {}
