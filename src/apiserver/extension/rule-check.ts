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
import { ruleVariables, rulesIn } from "./cel-rules.ts";
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
      if (!before.some((one) => equal(one, schema))) yield* ruleErrors(schema, at, true);
    }
  },
});

/** Yields every violation. */
export function* ruleErrors(
  schema: OpenSchema,
  at: string,
  isRoot = isEmbedded(schema),
): Iterable<FieldError> {
  const rules = rulesIn(schema);
  if (rules.length > 0) {
    const self = celTypeOf(schema, isRoot);
    for (const [i, rule] of rules.entries())
      yield* ruleProblems(rule, self, index(child(at, "x-kubernetes-validations"), i));
  }
  for (const [name, inner] of Object.entries(schema.properties ?? {}))
    yield* ruleErrors(inner, key(child(at, "properties"), name));
  const { items, additionalProperties: values } = schema;
  if (items) yield* ruleErrors(items, child(at, "items"));
  if (typeof values === "object") yield* ruleErrors(values, child(at, "additionalProperties"));
}

/** exact: apiextensions-apiserver, all messages */
function* ruleProblems(rule: ValidationRule, self: CelType, at: string): Iterable<FieldError> {
  const variables = ruleVariables(rule, self);
  const problem = problemOf(rule.rule, { variables, type: boolType });
  if (problem === wrongType) {
    const why = "cel expression must evaluate to a bool";
    yield invalid(child(at, "rule"), rule.rule, why);
  } else if (typeof problem === "string") yield invalid(child(at, "rule"), rule.rule, problem);
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
