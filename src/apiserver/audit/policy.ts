/**
 * What of a request is kept: the rules of an audit policy file, of which the first that fits says how
 * much. upstream: staging/src/k8s.io/apiserver/pkg/audit/policy/checker.go
 */
import type { Attributes } from "../authz/authorizer.ts";
import { readConfiguration, type Section } from "#base/configuration.ts";

export const levels = ["None", "Metadata", "Request", "RequestResponse"] as const;
export type Level = (typeof levels)[number];

export const stages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
export type AuditStage = (typeof stages)[number];

export interface GroupResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

export interface Rule {
  readonly level: Level;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly verbs: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly namespaces: readonly string[];
  readonly nonResourceUrls: readonly string[];
  readonly omitStages: ReadonlySet<AuditStage>;
  readonly omitsManagedFields: boolean;
}

export interface Policy {
  readonly rules: readonly Rule[];
}

/** Throws ConfigurationError. */
export const parsePolicy = (text: string): Policy =>
  readConfiguration(text, { apiVersions: ["audit.k8s.io/v1"], kind: "Policy" }, (file) => {
    const omitStages = stagesIn(file);
    const omitsManagedFields = file.flag("omitManagedFields") ?? false;
    const rules = file.sections("rules").map((section) => {
      const rule = ruleIn(section);
      return {
        ...rule,
        omitStages: new Set([...omitStages, ...rule.omitStages]),
        omitsManagedFields: section.flag("omitManagedFields") ?? omitsManagedFields,
      };
    });
    if (rules.length === 0) file.wrong("rules", "a policy needs at least one rule");
    return { rules };
  });

function stagesIn(section: Section): readonly AuditStage[] {
  const names = section.texts("omitStages");
  for (const name of names) {
    if (!stages.includes(name as AuditStage)) section.unsupported("omitStages", name, stages);
  }
  return names as readonly AuditStage[];
}

function ruleIn(section: Section): Omit<Rule, "omitsManagedFields"> {
  const nonResourceUrls = section.texts("nonResourceURLs");
  const resources = section.sections("resources").map(resourcesIn);
  const namespaces = section.texts("namespaces");
  if (nonResourceUrls.length > 0 && resources.length + namespaces.length > 0)
    section.wrong(
      "nonResourceURLs",
      "rules cannot apply to both regular resources and non-resource URLs",
    );
  for (const url of nonResourceUrls) {
    const problem = urlProblem(url);
    if (problem) section.wrong("nonResourceURLs", `${JSON.stringify(url)}: ${problem}`);
  }
  return {
    level: section.oneOf("level", levels) ?? "None",
    users: section.texts("users"),
    groups: section.texts("userGroups"),
    verbs: section.texts("verbs"),
    resources,
    namespaces,
    nonResourceUrls,
    omitStages: new Set(stagesIn(section)),
  };
}

/** exact: apiserver */
function urlProblem(url: string): string | undefined {
  if (url === "*") return undefined;
  if (!url.startsWith("/")) return "non-resource URL rules must begin with a '/' character";
  if (url.slice(0, -1).includes("*"))
    return "non-resource URL wildcards '*' must be the final character of the rule";
  return undefined;
}

function resourcesIn(section: Section): GroupResources {
  const resources = section.texts("resources");
  const resourceNames = section.texts("resourceNames");
  if (resourceNames.length > 0 && resources.length === 0)
    section.wrong("resourceNames", "using resourceNames requires at least one resource");
  return { group: section.text("group") ?? "", resources, resourceNames };
}

/** Undefined where no rule fits: nothing is kept then. */
export const findRule = ({ rules }: Policy, asked: Attributes): Rule | undefined =>
  rules.find((rule) => isFor(rule, asked));

const isAny = (wanted: readonly string[], value: string): boolean =>
  wanted.length === 0 || wanted.includes(value);

function isFor(rule: Rule, asked: Attributes): boolean {
  const { users, groups, verbs } = rule;
  if (!isAny(users, asked.user.name) || !isAny(verbs, asked.verb)) return false;
  if (groups.length > 0 && !asked.user.groups.some((group) => groups.includes(group))) return false;
  if (rule.namespaces.length > 0 || rule.resources.length > 0) return isForResource(rule, asked);
  return rule.nonResourceUrls.length === 0 || isForPath(rule.nonResourceUrls, asked);
}

const isForPath = (urls: readonly string[], { isResource, path }: Attributes): boolean =>
  !isResource &&
  urls.some(
    (url) =>
      url === "*" || url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1))),
  );

function isForResource({ namespaces, resources }: Rule, asked: Attributes): boolean {
  if (!asked.isResource || !isAny(namespaces, asked.namespace)) return false;
  return resources.length === 0 || resources.some((some) => covers(some, asked));
}

function covers({ group, resources, resourceNames }: GroupResources, asked: Attributes): boolean {
  if (group !== asked.group) return false;
  if (resources.length === 0) return true;
  if (!isAny(resourceNames, asked.name)) return false;
  const { resource, subresource } = asked;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  return resources.some(
    (wanted) =>
      wanted === "*" ||
      wanted === full ||
      (subresource !== "" && (wanted === `*/${subresource}` || wanted === `${resource}/*`)),
  );
}
