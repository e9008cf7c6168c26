/**
 * Whether a policy rule covers a request. Rules are prepared once, so that asking is a few
 * comparisons. upstream: pkg/apis/rbac/v1/evaluation_helpers.go
 */
import type { PolicyRule } from "#api/rbac/rules.ts";
import type { Attributes } from "./authorizer.ts";

export interface PreparedRule {
  readonly rule: Partial<PolicyRule>;
  readonly covers: (asked: Asked) => boolean;
}

/** What of a request rules look at; `fullResource` as in `pods/exec`. */
export interface Asked {
  readonly attributes: Attributes;
  readonly fullResource: string;
}

export const askedOf = (attributes: Attributes): Asked => ({
  attributes,
  fullResource:
    attributes.subresource === ""
      ? attributes.resource
      : `${attributes.resource}/${attributes.subresource}`,
});

const all = "*";

export function prepareRule(rule: Partial<PolicyRule>): PreparedRule {
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length > 0) return { rule, covers: coversPath(rule.verbs ?? [], urls) };
  return { rule, covers: coversResource(rule) };
}

function coversPath(verbs: readonly string[], urls: readonly string[]): PreparedRule["covers"] {
  return ({ attributes: { isResource, verb, path } }) =>
    !isResource && hasVerb(verbs, verb) && urls.some((url) => coversUrl(url, path));
}

const coversUrl = (rule: string, path: string): boolean =>
  rule === all ||
  rule === path ||
  (rule.endsWith(all) && path.startsWith(rule.replace(/\*+$/, "")));

const hasVerb = (verbs: readonly string[], verb: string): boolean =>
  verbs.includes(verb) || verbs.includes(all);

function coversResource(rule: Partial<PolicyRule>): PreparedRule["covers"] {
  const { verbs = [], apiGroups: groups = [], resources = [], resourceNames: names = [] } = rule;
  const anyGroup = groups.includes(all);
  const anyResource = resources.includes(all);
  return ({ attributes, fullResource }) => {
    if (!attributes.isResource || !hasVerb(verbs, attributes.verb)) return false;
    if (!anyGroup && !groups.includes(attributes.group)) return false;
    if (names.length > 0 && !names.includes(attributes.name)) return false;
    return anyResource || hasResource(resources, fullResource, attributes.subresource);
  };
}

const hasResource = (resources: readonly string[], full: string, subresource: string): boolean =>
  resources.includes(full) || (subresource !== "" && resources.includes(`${all}/${subresource}`));
