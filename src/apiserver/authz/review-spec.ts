/** What somebody wants to do, in the form of a SubjectAccessReview's `spec`. */
import type { LabelOperator } from "#api/selectors.ts";
import type { Attributes } from "./authorizer.ts";
import { fieldTerms, labelRequirements } from "./selection.ts";

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
  const fields = fieldsOf(attributes);
  const labels = labelsOf(attributes);
  return {
    namespace,
    verb,
    group,
    version,
    resource,
    subresource,
    name,
    ...(fields.length > 0 ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels.length > 0 ? { labelSelector: { requirements: labels } } : {}),
  };
}

const fieldsOf = (attributes: Attributes): readonly object[] =>
  fieldTerms(attributes).map(({ path, operator, value }) => ({
    key: path,
    operator: operator === "!=" ? "NotIn" : "In",
    values: [value],
  }));

/** Comparisons of numbers have no name in a review. */
const operators: Readonly<Partial<Record<LabelOperator, string>>> = {
  in: "In",
  "=": "In",
  "==": "In",
  notin: "NotIn",
  "!=": "NotIn",
  exists: "Exists",
  "!": "DoesNotExist",
};

const labelsOf = (attributes: Attributes): readonly object[] =>
  labelRequirements(attributes).flatMap(({ key, operator: said, values }) => {
    const operator = operators[said];
    if (operator === undefined) return [];
    return [{ key, operator, ...(values.length > 0 ? { values } : {}) }];
  });
