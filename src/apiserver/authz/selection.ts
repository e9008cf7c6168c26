/**
 * What a list, a watch or a deletion of many is narrowed to: who may see a part need not be allowed to see all.
 * A requirement that nobody understands narrows nothing.
 * upstream: pkg/registry/authorization/util/helpers.go, apiserver/pkg/endpoints/filters/authorization.go
 */
import type { ResourceAttributes } from "#api/authorization/attributes.ts";
import { isReason } from "#api/errors.ts";
import {
  type FieldTerm,
  labelSelectorText,
  type LabelRequirement,
  parseFieldSelector,
  parseLabelSelector,
} from "#api/selectors.ts";
import type { Attributes } from "./authorizer.ts";

export type Selection = Pick<Attributes, "fieldSelector" | "labelSelector">;

const selecting: ReadonlySet<string> = new Set(["list", "watch", "deletecollection"]);

/** Of a request; undefined where nothing can narrow it. */
export function selectionOf(verb: string, query: URLSearchParams): Selection | undefined {
  if (!selecting.has(verb) || query.size === 0) return undefined;
  return made(query.get("fieldSelector") ?? "", query.get("labelSelector") ?? "");
}

/** Of a review, which has them as text or taken apart. */
export function reviewedSelection(asked: Partial<ResourceAttributes>): Selection {
  const { fieldSelector: fields, labelSelector: labels } = asked;
  return made(
    fields?.rawSelector || (fields?.requirements ?? []).flatMap(fieldText).join(","),
    labels?.rawSelector || (labels?.requirements ?? []).flatMap(labelText).join(","),
  );
}

const made = (fieldSelector: string, labelSelector: string): Selection => ({
  ...(fieldSelector === "" ? {} : { fieldSelector }),
  ...(labelSelector === "" ? {} : { labelSelector }),
});

export const fieldTerms = ({ fieldSelector = "" }: Selection): readonly FieldTerm[] =>
  fieldSelector === "" ? [] : understood(() => parseFieldSelector(fieldSelector));

export const labelRequirements = ({ labelSelector = "" }: Selection): readonly LabelRequirement[] =>
  labelSelector === "" ? [] : understood(() => parseLabelSelector(labelSelector).requirements);

/** What is wrong with a selector is told by the verb, once the caller may know. */
function understood<T>(parse: () => readonly T[]): readonly T[] {
  try {
    return parse();
  } catch (cause) {
    if (!isReason(cause, "BadRequest")) throw cause;
    return [];
  }
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/** Only equality can be said of a field. */
function fieldText({ key, operator, values = [] }: Requirement): readonly string[] {
  const [value = ""] = values;
  const sign = { In: "=", NotIn: "!=" }[operator];
  if (sign === undefined || values.length !== 1) return [];
  return [`${key}${sign}${value.replaceAll(/[\\,=]/g, String.raw`\$&`)}`];
}

function labelText({ key, operator, values = [] }: Requirement): readonly string[] {
  const text = labelSelectorText({ matchExpressions: [{ key, operator, values }] }, "");
  return text === "" ? [] : [text];
}
