/** Shorthand for the policy rules of the default roles. */
import type { PolicyRule } from "#api/rbac/rules.ts";

export type Rule = Partial<PolicyRule>;

export const read = "get list watch";
export const write = "create delete deletecollection patch update";
export const readWrite = `${write} ${read}`;

/** May do `verbs` to the resources, given as `pods pods/log`, of the group; empty: core. */
export const may = (verbs: string, group: string, resources: string): Rule => ({
  verbs: verbs.split(" ").sort(),
  apiGroups: group === "" ? [""] : group.split(" "),
  resources: resources.split(" ").sort(),
});

/** The same, of objects with these names only. */
export const named = (rule: Rule, ...resourceNames: readonly string[]): Rule => ({
  ...rule,
  resourceNames,
});

export const mayGetPaths = (paths: string): Rule => ({
  verbs: ["get"],
  nonResourceURLs: paths.split(" ").sort(),
});

export const mayRecordEvents: Rule = {
  verbs: ["create", "patch", "update"],
  apiGroups: ["", "events.k8s.io"],
  resources: ["events"],
};
