import { nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { pathSegmentName } from "#api/names.ts";
import { s, typeMeta } from "#schema/struct.ts";
import {
  bindingColumns,
  RoleRef,
  sameRoleRef,
  Subject,
  validRoleRef,
  validSubjects,
} from "./rules.ts";

export const ClusterRoleBinding = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  scope: "Cluster",
  doc: "Grants the permissions of a ClusterRole to users, groups and service accounts in all namespaces and for cluster-wide resources.",
  storage: { prefix: "/registry/clusterrolebindings", hash: "48tpQ8gZHFc=" },
  createsOnUpdate: true,
  nameRule: pathSegmentName,
  schema: s.struct("rbac/v1.ClusterRoleBinding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    subjects: s.list(2, Subject, { listType: "atomic", doc: "Who gets the permissions." }),
    roleRef: s.object(3, RoleRef, {
      required: true,
      doc: "What is granted. It cannot be changed: make another binding.",
    }),
  }),

  *validate({ roleRef, subjects }) {
    yield* validRoleRef(roleRef, ["ClusterRole"]);
    yield* validSubjects(subjects, "Cluster");
  },

  validateUpdate: ({ roleRef }, old) => sameRoleRef(roleRef, old.roleRef),

  columns: [nameColumn, ...bindingColumns],
});

export interface ClusterRoleBinding extends ObjectOf<typeof ClusterRoleBinding> {}
