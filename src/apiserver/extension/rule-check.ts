/**
 * Rules of custom resources that do not compile are refused with their definition. What was written
 * before and is left as it was, is not looked at again.
 * upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
 */
import { schemaPlaces } from "#api/apiextensions/crd-spec-rules.ts";
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import type { ValidationRule } from "#api/apiextensions/json-schema.ts";
import type { Program } from "#cel/cel.ts";
import { boolType, type CelType, stringType } from "#cel/types.ts";
import { equal } from "#schema/copy.ts";
import { child, type FieldError, index, invalid, key } from "#schema/field-error.ts";
import { isEmbedded, type OpenSchema } from "#schema/open/open-schema.ts";
import type { Admission, AdmissionRequest } from "../admission/admission.ts";
import { compiledOrNot } from "../admission/expressions/expression.ts";
import { asksForOldSelf, ruleVariables, rulesIn } from "./cel-rules.ts";
import { celTypeOf } from "./cel-types.ts";
import { type Charge, type Often, oftenInside, RuleCosts } from "./rule-cost.ts";

export const definitionRules: Admission<CustomResourceDefinition> = Object.freeze({
  name: "ExpressionValidation",
  on: [CustomResourceDefinition],
  when: ["CREATE", "UPDATE"] as const,

  *check({ spec }: CustomResourceDefinition, { old }: AdmissionRequest<CustomResourceDefinition>) {
    const before = schemaPlaces(old?.spec.versions ?? []).map(({ schema }) => schema);
    for (const { schema, at } of schemaPlaces(spec.versions ?? [])) {
      if (!before.some((one) => equal(one, schema))) yield* schemaErrors(schema, at);
    }
  },
});

/** Rules that could cost too much count together, where each of them is one. */
function* schemaErrors(schema: OpenSchema, at: string): Iterable<FieldError> {
  const costs = new RuleCosts();
  yield* ruleErrors(schema, { at, isRoot: true, often: 1, costs });
  yield* costs.total(at);
}

/** Where a schema stands. */
interface Place {
  readonly at: string;
  readonly isRoot?: boolean;
  /** The list or map whose members have no counterpart in the old object; the outermost one. */
  readonly unmatched?: string | undefined;
  readonly often: Often;
  readonly costs: RuleCosts;
}

/** Yields every violation. */
function* ruleErrors(schema: OpenSchema, place: Place): Iterable<FieldError> {
  const { at, isRoot = isEmbedded(schema), unmatched, often, costs } = place;
  const rules = rulesIn(schema);
  if (rules.length > 0) {
    const self = celTypeOf(schema, isRoot);
    const found = rules.flatMap((rule, i) => {
      const here = index(child(at, "x-kubernetes-validations"), i);
      return [...ruleProblems(rule, self, { at: here, unmatched })];
    });
    for (const one of found) {
      if ("name" in one) yield* costs.charge(one, schema, often);
      else yield one;
    }
  }
  const { items, additionalProperties: values } = schema;
  const below = {
    unmatched: unmatched ?? (isReplacedAsOne(schema) ? at : undefined),
    often,
    costs,
  };
  const inside = { ...below, often: oftenInside(schema, often) };
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* ruleErrors(inner, { at: key(child(at, "properties"), name), ...below });
  if (items) yield* ruleErrors(items, { at: child(at, "items"), ...inside });
  if (typeof values === "object")
    yield* ruleErrors(values, { at: child(at, "additionalProperties"), ...inside });
}

/** Nobody can tell what a member of it was before: the items of a list without keys, the fields of an atomic map. */
function isReplacedAsOne(schema: OpenSchema): boolean {
  if (schema.items) return schema["x-kubernetes-list-type"] !== "map";
  return schema["x-kubernetes-map-type"] === "atomic";
}

/** exact: apiextensions-apiserver, all messages. What is right has its price instead. */
function* ruleProblems(
  rule: ValidationRule,
  self: CelType,
  { at, unmatched }: Pick<Place, "at" | "unmatched">,
): Iterable<FieldError | Charge> {
  // That there has to be one is said by the kind.
  if (rule.rule.trim() === "") return;
  const variables = ruleVariables(rule, self);
  const found = compiledAs(rule.rule, { variables, type: boolType });
  const place = child(at, "rule");
  if (found === wrongType) {
    yield invalid(place, rule.rule, "cel expression must evaluate to a bool");
  } else if (typeof found === "string") yield invalid(place, rule.rule, found);
  else {
    yield { name: "rule", at: place, cost: found.estimatedCost.max };
    yield* oldSelfProblems(rule, at, unmatched);
  }
  yield* messageProblems(rule, variables, child(at, "messageExpression"));
}

function* oldSelfProblems(
  rule: ValidationRule,
  at: string,
  unmatched: string | undefined,
): Iterable<FieldError> {
  const isAsked = asksForOldSelf(rule);
  if (isAsked && unmatched !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${unmatched}`;
    yield invalid(child(at, "rule"), rule.rule, why);
  }
  if (!isAsked && rule.optionalOldSelf !== undefined) {
    const why = "may not be set if oldSelf is not used in rule";
    yield invalid(child(at, "optionalOldSelf"), rule.optionalOldSelf, why);
  }
}

function* messageProblems(
  { messageExpression: text }: ValidationRule,
  variables: Wanted["variables"],
  at: string,
): Iterable<FieldError | Charge> {
  if (!text) return;
  const found = compiledAs(text, { variables, type: stringType });
  if (found === wrongType) yield invalid(at, text, "messageExpression must evaluate to a string");
  else if (typeof found === "string") yield invalid(at, text, found);
  else yield { name: "messageExpression", at, cost: found.estimatedCost.max };
}

interface Wanted {
  readonly variables: Readonly<Record<string, CelType>>;
  readonly type: CelType;
}

const wrongType = Symbol("wrong type");

function compiledAs(
  text: string,
  { variables, type }: Wanted,
): Program | string | typeof wrongType {
  const program = compiledOrNot(text, { variables });
  if (typeof program === "string") return `compilation failed: ${program}`;
  return program.resultType.form === type.form ? program : wrongType;
}
