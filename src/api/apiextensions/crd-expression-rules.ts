/**
 * What a schema's rules (x-kubernetes-validations) must say, whether they compile or not.
 * upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go#ValidateCustomResourceDefinitionOpenAPISchema
 */
import {
  child,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type { OpenSchema } from "#schema/open/open-schema.ts";
import type { ValidationRule } from "./json-schema.ts";

const lineBreak = /[\n\r]/;

const reasons: readonly string[] = [
  "FieldValueDuplicate",
  "FieldValueForbidden",
  "FieldValueInvalid",
  "FieldValueRequired",
];

export function* expressionErrors(schema: OpenSchema, at: string): Iterable<FieldError> {
  const rules = (schema["x-kubernetes-validations"] ?? []) as readonly ValidationRule[];
  for (const [i, rule] of rules.entries()) {
    const path = index(child(at, "x-kubernetes-validations"), i);
    yield* ruleErrors(rule, path);
    yield* fieldPathErrors(rule.fieldPath ?? "", child(path, "fieldPath"));
  }
}

function* ruleErrors(
  { rule, message = "", messageExpression = "", reason }: ValidationRule,
  at: string,
): Iterable<FieldError> {
  const said = message.trim();
  const path = child(at, "message");
  if (rule.trim() === "") yield required(child(at, "rule"), "rule is not specified");
  else if (message !== "" && said === "") {
    yield invalid(path, message, "message must be non-empty if specified");
  } else if (lineBreak.test(said)) {
    yield invalid(path, message, "message must not contain line breaks");
  } else if (lineBreak.test(rule.trim()) && said === "") {
    yield required(path, "message must be specified if rule contains line breaks");
  }
  yield* answerErrors({ messageExpression, reason }, at);
}

/** Of what a rule answers beside its message. */
function* answerErrors(
  { messageExpression = "", reason }: Pick<ValidationRule, "messageExpression" | "reason">,
  at: string,
): Iterable<FieldError> {
  if (messageExpression !== "" && messageExpression.trim() === "") {
    const why = "messageExpression must be non-empty if specified";
    yield required(child(at, "messageExpression"), why);
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    yield notSupported(child(at, "reason"), reason, reasons);
  }
}

function* fieldPathErrors(fieldPath: string, at: string): Iterable<FieldError> {
  if (fieldPath !== "" && fieldPath.trim() === "") {
    yield invalid(at, fieldPath, "fieldPath must be non-empty if specified");
  }
  if (lineBreak.test(fieldPath)) {
    yield invalid(at, fieldPath, "fieldPath must not contain line breaks");
  }
}
