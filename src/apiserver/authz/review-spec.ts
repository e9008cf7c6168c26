/** What somebody wants to do, in the form of a SubjectAccessReview's `spec`. */
import { parseFieldSelector } from "#api/selectors.ts";
import type { Attributes } from "./authorizer.ts";

export type ReviewSpec = Readonly<Record<string, unknown>>;

/** Texts are there even when they are empty, so that expressions may read them. */
export function reviewSpecOf(attributes: Attributes): ReviewSpec {
  const { user, verb, path, isResource } = attributes;
  const { name, groups, uid = "", extra = {} } = user;
  return {
    ...(isResource
      ? { resourceAttributes: resourceOf(attributes) }
      : { nonResourceAttributes: { path, verb } }),
    user: name,
    groups,
    uid,
    extra,
  };
}

function resourceOf(attributes: Attributes): object {
  const { verb, group, version, resource, subresource, namespace, name } = attributes;
  const requirements = requirementsOf(attributes);
  return {
    namespace,
    verb,
    group,
    version,
    resource,
    subresource,
    name,
    ...(requirements.length > 0 ? { fieldSelector: { requirements } } : {}),
  };
}

const requirementsOf = ({ fieldSelector = "" }: Attributes): readonly object[] =>
  fieldSelector === ""
    ? []
    : parseFieldSelector(fieldSelector).map(({ path, operator, value }) => ({
        key: path,
        operator: operator === "!=" ? "NotIn" : "In",
        values: [value],
      }));
