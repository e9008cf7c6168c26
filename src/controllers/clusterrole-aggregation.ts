import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { isSame } from "#client/canonical.ts";
import { defineController, type View, watching } from "./runtime/controller.ts";
import { update } from "./runtime/effects.ts";

/**
 * Writes the rules of the roles that an aggregated role gathers into it, for everybody to see. What is
 * allowed does not wait for it. upstream: pkg/controller/clusterroleaggregation
 */
export const clusterRoleAggregationController = defineController<ClusterRole>({
  name: "clusterrole-aggregation-controller",
  queue: "ClusterRoleAggregator",
  for: ClusterRole,
  watches: [watching(ClusterRole, (_role, _old, view) => gathering(view))],
  rules: [
    {
      verbs: ["escalate", "get", "list", "watch", "patch", "update"],
      apiGroups: ["rbac.authorization.k8s.io"],
      resources: ["clusterroles"],
    },
  ],
  leavesAlone: ({ aggregationRule }) => !aggregationRule,

  reconcile(role, view) {
    const rules = gathered(role, view);
    return isSame(rules, role.rules ?? []) ? [] : [update(ClusterRole, { ...role, rules })];
  },
});

/** Whichever role changed, it may be part of any of these. */
const gathering = (view: View): readonly string[] =>
  view
    .list(ClusterRole)
    .filter(({ aggregationRule }) => aggregationRule)
    .map(({ metadata }) => metadata.name ?? "");

/** Each rule once, in the order of the roles' names. */
function gathered({ metadata, aggregationRule }: ClusterRole, view: View): ClusterRole["rules"] {
  const all = view
    .list(ClusterRole)
    .filter((other) => other.metadata.name !== metadata.name)
    .toSorted((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  const rules = new Map<string, NonNullable<ClusterRole["rules"]>[number]>();
  for (const selector of aggregationRule?.clusterRoleSelectors ?? []) {
    const { matches } = labelSelectorOf(selector);
    for (const part of all.filter((other) => matches(other.metadata.labels)))
      for (const rule of part.rules ?? []) rules.set(JSON.stringify(rule), rule);
  }
  return [...rules.values()];
}
