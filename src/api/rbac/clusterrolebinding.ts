import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { RoleRef, Subject } from "./rules.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const ClusterRoleBinding = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  scope: "Cluster",
  storage: { prefix: "/registry/clusterrolebindings", hash: "48tpQ8gZHFc=" },
  schema: s.struct("rbac/v1.ClusterRoleBinding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    subjects: s.list(2, Subject, { listType: "atomic" }),
    roleRef: s.object(3, RoleRef, { required: true }),
  }),
});

export interface ClusterRoleBinding extends ObjectOf<typeof ClusterRoleBinding> {}
