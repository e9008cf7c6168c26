/**
 * Nobody may grant what they do not hold. Rules are taken apart into single permissions; each of
 * those must be covered by a single rule of the giver.
 * upstream: staging/src/k8s.io/component-helpers/auth/rbac/validation/policy_comparator.go
 */
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { User } from "#api/request.ts";

type Rule = Partial<PolicyRule>;

/** The single permissions in `wanted` that `held` does not cover. */
export const missingRules = (held: readonly Rule[], wanted: readonly Rule[]): readonly Rule[] =>
  wanted.flatMap(partsOf).filter((part) => !held.some((rule) => covers(rule, part)));

function partsOf(rule: Rule): readonly Rule[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const parts: Rule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      const base = { apiGroups: [group], resources: [resource] };
      parts.push(...verbs.flatMap((verb) => perName({ ...base, verbs: [verb] }, resourceNames)));
    }
  }
  for (const url of rule.nonResourceURLs ?? [])
    parts.push(...verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })));
  return parts;
}

const perName = (part: Rule, names: readonly string[]): readonly Rule[] =>
  names.length === 0 ? [part] : names.map((name) => ({ ...part, resourceNames: [name] }));

function covers(rule: Rule, part: Rule): boolean {
  if (!hasAll(rule.verbs, part.verbs)) return false;
  if (part.nonResourceURLs) {
    return part.nonResourceURLs.every((url) =>
      (rule.nonResourceURLs ?? []).some((held) => coversUrl(held, url)),
    );
  }
  return (
    hasAll(rule.apiGroups, part.apiGroups) &&
    (part.resources ?? []).every((resource) => hasResource(rule.resources ?? [], resource)) &&
    hasNames(rule.resourceNames ?? [], part.resourceNames ?? [])
  );
}

const hasAll = (held: readonly string[] = [], wanted: readonly string[] = []): boolean =>
  held.includes("*") || wanted.every((one) => held.includes(one));

const hasResource = (held: readonly string[], wanted: string): boolean =>
  held.includes("*") || held.includes(wanted) || held.includes(wanted.replace(/^[^/]*\//, "*/"));

/** No names means all of them. */
const hasNames = (held: readonly string[], wanted: readonly string[]): boolean =>
  held.length === 0 || (wanted.length > 0 && wanted.every((name) => held.includes(name)));

const coversUrl = (held: string, wanted: string): boolean =>
  held === "*" ||
  held === wanted ||
  (held.endsWith("*") && wanted.startsWith(held.replace(/\*+$/, "")));

/** exact: apiserver. upstream: pkg/registry/rbac/validation/rule.go#ConfirmNoEscalation */
export function escalationMessage({ name, groups }: User, missing: readonly Rule[]): string {
  const lines = [...new Set(compact(missing).map(describe))].sort().join("\n");
  return `user ${JSON.stringify(name)} (groups=${list(groups)}) is attempting to grant RBAC permissions not currently held:\n${lines}`;
}

/** One line per resource, with all its verbs. */
function compact(rules: readonly Rule[]): readonly Rule[] {
  const merged = new Map<string, Rule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const known = rule.nonResourceURLs ? undefined : merged.get(key);
    if (known) {
      const verbs = [...new Set([...(known.verbs ?? []), ...(rule.verbs ?? [])])];
      merged.set(key, { ...known, verbs });
    } else merged.set(rule.nonResourceURLs ? JSON.stringify(rule) : key, rule);
  }
  return [...merged.values()];
}

function describe(rule: Rule): string {
  const parts: readonly (readonly [string, readonly string[] | undefined])[] = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ];
  const shown = parts.filter(([, values]) => values && values.length > 0);
  return `{${shown.map(([name, values]) => `${name}:${list(values ?? [])}`).join(", ")}}`;
}

/** As Go prints a list of strings with %q. */
const list = (values: readonly string[]): string =>
  `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
