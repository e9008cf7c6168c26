/** Bounds of numbers and strings. exact: kube-openapi */
import { type FieldError, invalid, tooLong } from "#schema/field-error.ts";
import type { OpenSchema } from "./open-schema.ts";
import { patternOf } from "./pattern.ts";

export function* scalarErrors(
  schema: OpenSchema,
  value: unknown,
  at: string,
): Iterable<FieldError> {
  if (typeof value === "number") {
    for (const problem of numberProblems(schema, value)) {
      yield invalid(at, value, `${at} in body ${problem}`);
    }
  } else if (typeof value === "string") yield* stringErrors(schema, value, at);
}

function* numberProblems(schema: OpenSchema, value: number): Iterable<string> {
  const { maximum, minimum, multipleOf } = schema;
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    yield `should be a multiple of ${multipleOf}`;
  }
  if (maximum !== undefined) {
    if (schema.exclusiveMaximum && value >= maximum) yield `should be less than ${maximum}`;
    else if (value > maximum) yield `should be less than or equal to ${maximum}`;
  }
  if (minimum !== undefined) {
    if (schema.exclusiveMinimum && value <= minimum) yield `should be greater than ${minimum}`;
    else if (value < minimum) yield `should be greater than or equal to ${minimum}`;
  }
  yield* widthProblems(schema, value);
}

/** Whole numbers have as many bits as their format says. */
function* widthProblems({ format }: OpenSchema, value: number): Iterable<string> {
  const bits = format === "int32" ? 31 : undefined;
  if (bits === undefined || !Number.isInteger(value)) return;
  if (value >= 2 ** bits || value < -(2 ** bits)) {
    yield `must be of type ${format}: ${JSON.stringify(String(value))}`;
  }
}

function* stringErrors(schema: OpenSchema, value: string, at: string): Iterable<FieldError> {
  const { maxLength = Infinity, minLength = 0, pattern } = schema;
  const length = value.length > maxLength || minLength > 0 ? Array.from(value).length : 0;
  if (length > maxLength) yield tooLong(at, maxLength);
  if (length < minLength) {
    yield invalid(at, value, `${at} in body should be at least ${minLength} chars long`);
  }
  if (pattern && patternOf(pattern)?.test(value) === false) {
    yield invalid(at, value, `${at} in body should match '${pattern}'`);
  }
}
