/** Rules of RBAC, one line for each resource. */
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { Page } from "./page.ts";
import { bracketed } from "./page.ts";

/** What is allowed with one resource, or one path. */
interface Line {
  readonly resource: string;
  readonly group: string;
  readonly names: readonly string[];
  readonly paths: readonly string[];
  readonly verbs: string[];
}

// exact: kubectl
export function describeRules(page: Page, rules: readonly PolicyRule[] = []): void {
  page.line(0, "PolicyRule:");
  const rows = linesOf(rules).map(({ resource, group, names, paths, verbs }) => [
    fullName(resource, group),
    bracketed(paths),
    bracketed(names),
    bracketed(verbs),
  ]);
  page.table(1, ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"], rows);
}

/** `deployments/scale` of `apps` is `deployments.apps/scale`. */
function fullName(resource: string, group: string): string {
  const [name = "", part] = resource.split(/\/(.*)/s);
  const full = group === "" ? name : `${name}.${group}`;
  return part === undefined ? full : `${full}/${part}`;
}

/** Verbs for the same thing stand together. */
export function linesOf(rules: readonly PolicyRule[]): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const line of rules.flatMap(brokenDown)) {
    const { resource, group, names, paths } = line;
    const key = JSON.stringify([resource, group, names, paths, ...(paths[0] ? line.verbs : [])]);
    const known = lines.get(key);
    if (known) known.verbs.push(...line.verbs.filter((verb) => !known.verbs.includes(verb)));
    else lines.set(key, line);
  }
  return [...lines.values()].toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function brokenDown(rule: PolicyRule): readonly Line[] {
  const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs } = rule;
  const named = resourceNames.length > 0 ? resourceNames.map((name) => [name]) : [[]];
  const ofResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      named.map((names): Line => ({ resource, group, names, paths: [], verbs: [...verbs] })),
    ),
  );
  const ofPaths = nonResourceURLs.flatMap((path) =>
    verbs.map((verb): Line => ({
      resource: "",
      group: "",
      names: [],
      paths: [path],
      verbs: [verb],
    })),
  );
  return [...ofResources, ...ofPaths];
}

/** As Go would print the rule: kubectl sorts by it. */
const orderOf = ({ resource, group, names, paths, verbs }: Line): string => {
  const isPath = paths.length > 0;
  const groups = isPath ? "[]" : `[${group}]`;
  const resources = isPath ? "[]" : `[${resource}]`;
  return `&PolicyRule{Verbs:${bracketed(verbs)},APIGroups:${groups},Resources:${resources},ResourceNames:${bracketed(names)},NonResourceURLs:${bracketed(paths)},}`;
};
