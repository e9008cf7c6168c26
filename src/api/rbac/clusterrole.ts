import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { PolicyRule } from "./rules.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const AggregationRule = s.struct("rbac/v1.AggregationRule", {
  clusterRoleSelectors: s.list(1, LabelSelector, { listType: "atomic" }),
});

export interface AggregationRule extends ValueOf<typeof AggregationRule> {}

export const ClusterRole = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  scope: "Cluster",
  storage: { prefix: "/registry/clusterroles", hash: "bYE5ZWDrJ44=" },
  schema: s.struct("rbac/v1.ClusterRole", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    rules: s.list(2, PolicyRule, { always: true, listType: "atomic" }),
    aggregationRule: s.object(3, AggregationRule, { optional: true }),
  }),
});

export interface ClusterRole extends ObjectOf<typeof ClusterRole> {}
