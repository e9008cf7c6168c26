import { validLabelSelector } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { pathSegmentName } from "#api/names.ts";
import { index, invalid, required } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { PolicyRule, validRules } from "./rules.ts";

const selectorsPath = "aggregationRule.clusterRoleSelectors";

export const AggregationRule = s.struct("rbac/v1.AggregationRule", {
  clusterRoleSelectors: s.list(1, LabelSelector, {
    listType: "atomic",
    doc: "Roles that match any of these give their rules to this one.",
  }),
});

export interface AggregationRule extends ValueOf<typeof AggregationRule> {}

export const ClusterRole = defineKind({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  scope: "Cluster",
  doc: "A set of permissions on the whole cluster, or to be granted namespace by namespace with RoleBindings.",
  storage: { prefix: "/registry/clusterroles", hash: "bYE5ZWDrJ44=" },
  createsOnUpdate: true,
  nameRule: pathSegmentName,
  schema: s.struct("rbac/v1.ClusterRole", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    rules: s.list(2, PolicyRule, { always: true, listType: "atomic" }),
    aggregationRule: s.object(3, AggregationRule, {
      optional: true,
      doc: "When set, the rules are put together from other roles, and what was written to `rules` is overwritten.",
    }),
  }),

  *validate({ rules, aggregationRule }) {
    yield* validRules(rules, "Cluster");
    if (!aggregationRule) return;
    const { clusterRoleSelectors = [] } = aggregationRule;
    if (clusterRoleSelectors.length === 0) {
      yield required(
        selectorsPath,
        "at least one clusterRoleSelector required if aggregationRule is non-nil",
      );
    }
    for (const [at, selector] of clusterRoleSelectors.entries()) {
      const path = index(selectorsPath, at);
      const problems = [...validLabelSelector(path, selector)];
      yield* problems;
      if (problems.length > 0) yield invalid(path, null, "invalid label selector.");
    }
  },
});

export interface ClusterRole extends ObjectOf<typeof ClusterRole> {}
