/**
 * What somebody may do, as a table: one line for each resource, with all its verbs.
 * upstream: staging/src/k8s.io/kubectl/pkg/util/rbac/rbac.go
 */
import { alignTabs, tableTabs } from "../print/tab-writer.ts";

/** Of a SelfSubjectRulesReview. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface NonResourceRule {
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

interface Line {
  readonly group: string | undefined;
  readonly resource: string | undefined;
  readonly name: string | undefined;
  readonly url: string | undefined;
  readonly verbs: readonly string[];
}

/** exact: kubectl */
export function rulesTable(
  { resourceRules, nonResourceRules }: Rules,
  { hasHeaders }: { readonly hasHeaders: boolean },
): string {
  const lines = [...nonResourceRules.flatMap(linesOfUrls), ...compacted(resourceRules)];
  const rows = lines
    .map((line) => ({ line, key: orderKey(line) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ line }) => rowOf(line));
  const heads = hasHeaders ? ["Resources\tNon-Resource URLs\tResource Names\tVerbs"] : [];
  return alignTabs([...heads, ...rows].map((row) => `${row}\n`).join(""), tableTabs);
}

export interface Rules {
  readonly resourceRules: readonly ResourceRule[];
  readonly nonResourceRules: readonly NonResourceRule[];
}

const linesOfUrls = ({ verbs, nonResourceURLs = [] }: NonResourceRule): readonly Line[] =>
  nonResourceURLs.flatMap((url) =>
    verbs.map((verb) => ({
      group: undefined,
      resource: undefined,
      name: undefined,
      url,
      verbs: [verb],
    })),
  );

/** One line for each resource and name, whatever rules they came from. */
function compacted(rules: readonly ResourceRule[]): readonly Line[] {
  const found = new Map<string, Line>();
  for (const { apiGroups = [], resources = [], resourceNames = [], verbs } of rules) {
    const names = resourceNames.length > 0 ? resourceNames : [undefined];
    for (const [group, resource, name] of triples(apiGroups, resources, names)) {
      const key = JSON.stringify([group, resource, name ?? null]);
      const before = found.get(key)?.verbs ?? [];
      const all = [...new Set([...before, ...verbs])];
      found.set(key, { group, resource, name, url: undefined, verbs: all });
    }
  }
  return [...found.values()];
}

function* triples(
  groups: readonly string[],
  resources: readonly string[],
  names: readonly (string | undefined)[],
): Generator<readonly [string, string, string | undefined]> {
  for (const group of groups)
    for (const resource of resources) for (const name of names) yield [group, resource, name];
}

const listed = (...items: readonly (string | undefined)[]): string =>
  `[${items.filter((item) => item !== undefined).join(" ")}]`;

/** kubectl sorts by how Go prints a rule. */
const orderKey = ({ group, resource, name, url, verbs }: Line): string =>
  `&PolicyRule{Verbs:${listed(...verbs)},APIGroups:${listed(group)},Resources:${listed(resource)},ResourceNames:${listed(name)},NonResourceURLs:${listed(url)},}`;

const rowOf = ({ group, resource, name, url, verbs }: Line): string =>
  [resourceText(resource, group), listed(url), listed(name), listed(...verbs)].join("\t");

/** `deployments.apps/scale` */
function resourceText(resource: string | undefined, group: string | undefined): string {
  if (resource === undefined) return "";
  const at = resource.indexOf("/");
  const [plural, part] = at < 0 ? [resource, ""] : [resource.slice(0, at), resource.slice(at)];
  return `${plural}${group ? `.${group}` : ""}${part}`;
}
