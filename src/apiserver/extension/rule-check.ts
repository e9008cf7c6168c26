/**
 * Rules of custom resources that do not compile are refused with their definition. What was written
 * before and is left as it was, is not looked at again.
 *
 * differs: what rules could cost at most is not estimated; upstream refuses definitions whose rules could
 * cost too much. What they do cost is limited, for each rule and for all of an object.
 * upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
 */
import { schemaPlaces } from "#api/apiextensions/crd-spec-rules.ts";
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import type { ValidationRule } from "#api/apiextensions/json-schema.ts";
import { boolType, type CelType, stringType } from "#cel/types.ts";
import { equal } from "#schema/copy.ts";
import { child, type FieldError, index, invalid, key } from "#schema/field-error.ts";
import { isEmbedded, type OpenSchema } from "#schema/open/open-schema.ts";
import type { Admission, AdmissionRequest } from "../admission/admission.ts";
import { compiledOrNot } from "../admission/expressions/expression.ts";
import { asksForOldSelf, ruleVariables, rulesIn } from "./cel-rules.ts";
import { celTypeOf } from "./cel-types.ts";

export const definitionRules: Admission<CustomResourceDefinition> = Object.freeze({
  name: "ExpressionValidation",
  on: [CustomResourceDefinition],
  when: ["CREATE", "UPDATE"] as const,

  *validate(
    { spec }: CustomResourceDefinition,
    { old }: AdmissionRequest<CustomResourceDefinition>,
  ) {
    const before = schemaPlaces(old?.spec.versions ?? []).map(({ schema }) => schema);
    for (const { schema, at } of schemaPlaces(spec.versions ?? [])) {
      if (!before.some((one) => equal(one, schema)))
        yield* ruleErrors(schema, { at, isRoot: true });
    }
  },
});

/** Where a schema stands. */
interface Place {
  readonly at: string;
  readonly isRoot?: boolean;
  /** The list or map whose members have no counterpart in the old object; the outermost one. */
  readonly unmatched?: string | undefined;
}

/** Yields every violation. */
function* ruleErrors(schema: OpenSchema, place: Place): Iterable<FieldError> {
  const { at, isRoot = isEmbedded(schema), unmatched } = place;
  const rules = rulesIn(schema);
  if (rules.length > 0) {
    const self = celTypeOf(schema, isRoot);
    for (const [i, rule] of rules.entries())
      yield* ruleProblems(rule, self, {
        at: index(child(at, "x-kubernetes-validations"), i),
        unmatched,
      });
  }
  const { items, additionalProperties: values } = schema;
  const below = { unmatched: unmatched ?? (isReplacedAsOne(schema) ? at : undefined) };
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* ruleErrors(inner, { at: key(child(at, "properties"), name), ...below });
  if (items) yield* ruleErrors(items, { at: child(at, "items"), ...below });
  if (typeof values === "object")
    yield* ruleErrors(values, { at: child(at, "additionalProperties"), ...below });
}

/** Nobody can tell what a member of it was before: the items of a list without keys, the fields of an atomic map. */
function isReplacedAsOne(schema: OpenSchema): boolean {
  if (schema.items) return schema["x-kubernetes-list-type"] !== "map";
  return schema["x-kubernetes-map-type"] === "atomic";
}

/** exact: apiextensions-apiserver, all messages */
function* ruleProblems(
  rule: ValidationRule,
  self: CelType,
  { at, unmatched }: Place,
): Iterable<FieldError> {
  const variables = ruleVariables(rule, self);
  const problem = problemOf(rule.rule, { variables, type: boolType });
  if (problem === wrongType) {
    const why = "cel expression must evaluate to a bool";
    yield invalid(child(at, "rule"), rule.rule, why);
  } else if (typeof problem === "string") yield invalid(child(at, "rule"), rule.rule, problem);
  else if (unmatched !== undefined && asksForOldSelf(rule)) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${unmatched}`;
    yield invalid(child(at, "rule"), rule.rule, why);
  }
  const { messageExpression: text } = rule;
  const unsaid = text ? problemOf(text, { variables, type: stringType }) : undefined;
  if (text === undefined || unsaid === undefined) return;
  const why = typeof unsaid === "string" ? unsaid : "messageExpression must evaluate to a string";
  yield invalid(child(at, "messageExpression"), text, why);
}

interface Wanted {
  readonly variables: Readonly<Record<string, CelType>>;
  readonly type: CelType;
}

const wrongType = Symbol("wrong type");

function problemOf(text: string, { variables, type }: Wanted): string | symbol | undefined {
  const program = compiledOrNot(text, { variables });
  if (typeof program === "string") return `compilation failed: ${program}`;
  return program.resultType.form === type.form ? undefined : wrongType;
}
