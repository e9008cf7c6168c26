/**
 * Whether a webhook is to be asked about a request, and in which version.
 * upstream: apiserver/pkg/admission/plugin/webhook/{generic,predicates}
 */
import type { RuleWithOperations } from "#api/admissionregistration/rules.ts";
import { refused } from "../admission.ts";
import type { MatchConditions } from "./conditions.ts";
import type { Hook } from "./hooks.ts";
import { reviewRequest } from "./review.ts";
import type { Subject } from "./subject.ts";
import type { Version } from "./versions.ts";

export interface Invocation {
  readonly hook: Hook;
  readonly version: Version;
}

/** Undefined when it is not concerned. Throws NotFound and Forbidden. */
export async function invocationOf(
  hook: Hook,
  subject: Subject,
  meets: MatchConditions,
): Promise<Invocation | undefined> {
  const version = versionFor(hook, subject);
  if (!version || !isSelected(hook, subject)) return undefined;
  if (hook.conditions.length > 0 && !(await isMet(hook, { version, subject, meets })))
    return undefined;
  return { hook, version };
}

/** The caller's own, or else the first of another that a rule names. */
function versionFor({ rules, isExact }: Hook, subject: Subject): Version | undefined {
  const [own, ...others] = subject.versions;
  if (rules.some((rule) => isCovered(rule, own, subject))) return own;
  if (isExact) return undefined;
  for (const rule of rules) {
    const found = others.find((other) => isCovered(rule, other, subject));
    if (found) return found;
  }
  return undefined;
}

function isCovered(rule: RuleWithOperations, version: Version, subject: Subject): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], scope = "*" } = rule;
  return (
    isListed(operations, subject.request.operation) &&
    isListed(apiGroups, version.group) &&
    isListed(apiVersions, version.version) &&
    (scope === "*" || scope === subject.scope) &&
    coversResource(rule, version.resource, subject.request.subresource)
  );
}

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

function isSelected({ namespaces, objects }: Hook, subject: Subject): boolean {
  const isWanted =
    objects.isEverything || subject.labels().some((labels) => objects.matches(labels));
  if (!isWanted || namespaces.isEverything) return isWanted;
  const labels = subject.namespaceLabels();
  // What stands in no namespace is never left out for its namespace.
  return labels === undefined || namespaces.matches(labels);
}

interface Condition extends Omit<Invocation, "hook"> {
  readonly subject: Subject;
  readonly meets: MatchConditions;
}

async function isMet(hook: Hook, { version, subject, meets }: Condition): Promise<boolean> {
  const request = reviewRequest(subject, version, "");
  try {
    return await meets(hook.conditions, request);
  } catch (cause) {
    if (hook.isLenient) return false;
    throw refused(subject.request, (cause as Error).message);
  }
}
