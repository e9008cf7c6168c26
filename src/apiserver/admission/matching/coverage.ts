/**
 * Whether rules and selectors cover a request, and in which version of it.
 * upstream: apiserver/pkg/admission/plugin/{webhook/predicates,policy/matching}
 */
import type { RuleWithOperations } from "#api/admissionregistration/rules.ts";
import type { LabelMatcher } from "#api/selectors.ts";
import type { Subject } from "./subject.ts";
import type { Version } from "./versions.ts";

export interface Coverage {
  readonly rules: readonly NamedRule[];
  /** Only the version that the caller speaks counts. */
  readonly isExact: boolean;
}

export interface NamedRule extends RuleWithOperations {
  /** Any when there are none. */
  readonly resourceNames?: readonly string[] | undefined;
}

/** The caller's own, or else the first of another that a rule names. */
export function versionFor({ rules, isExact }: Coverage, subject: Subject): Version | undefined {
  const [own, ...others] = subject.versions;
  if (rules.some((rule) => isCovered(rule, own, subject))) return own;
  if (isExact) return undefined;
  for (const rule of rules) {
    const found = others.find((other) => isCovered(rule, other, subject));
    if (found) return found;
  }
  return undefined;
}

function isCovered(rule: NamedRule, version: Version, subject: Subject): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], scope = "*" } = rule;
  return (
    isListed(operations, subject.request.operation) &&
    isListed(apiGroups, version.group) &&
    isListed(apiVersions, version.version) &&
    (scope === "*" || scope === subject.scope) &&
    coversResource(rule, version.resource, subject.request.subresource) &&
    coversName(rule, subject.request.name)
  );
}

const coversName = ({ resourceNames = [] }: NamedRule, name: string): boolean =>
  resourceNames.length === 0 || resourceNames.includes(name);

const isListed = (list: readonly string[], value: string): boolean =>
  list.includes("*") || list.includes(value);

/** `pods`, `pods/log`, `pods/*`, `*`, `*` + `/scale`… A name without a subresource means only itself. */
const coversResource = (
  { resources = [] }: RuleWithOperations,
  resource: string,
  subresource: string,
): boolean =>
  resources.some((listed) => {
    const at = listed.indexOf("/");
    const [name, part] = at < 0 ? [listed, ""] : [listed.slice(0, at), listed.slice(at + 1)];
    return (name === "*" || name === resource) && (part === "*" || part === subresource);
  });

export interface Selection {
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
}

/** Throws NotFound for a namespace that is gone. */
export function isSelected({ namespaces, objects }: Selection, subject: Subject): boolean {
  const isWanted =
    objects.isEverything || subject.labels().some((labels) => objects.matches(labels));
  if (!isWanted || namespaces.isEverything) return isWanted;
  const labels = subject.namespaceLabels();
  // What stands in no namespace is never left out for its namespace.
  return labels === undefined || namespaces.matches(labels);
}
