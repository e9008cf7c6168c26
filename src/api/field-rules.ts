/**
 * Rules about one field that kinds of every group have: numbers that may not be negative, fields
 * that may not change, selectors and conditions that must make sense. In upstream's words.
 * upstream: pkg/apis/core/validation/validation.go, apimachinery/pkg/apis/meta/v1/validation
 */
import { equal } from "#schema/copy.ts";
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
  tooLong,
} from "#schema/field-error.ts";
import type { Condition } from "./meta/condition.ts";
import type { LabelSelector, LabelSelectorRequirement } from "./meta/label-selector.ts";
import {
  byteLength,
  dnsSubdomain,
  immutableField,
  invalidEach,
  labelKey,
  labelValue,
  type NameRule,
  notNegative,
  regexProblem,
  validateLabels,
} from "./names.ts";

/** Absent numbers are fine. */
export function* nonNegative(path: string, value: number | null | undefined): Iterable<FieldError> {
  if (value !== undefined && value !== null && value < 0) {
    yield invalid(path, value, notNegative);
  }
}

/** `nonNegative` for several fields of one struct. */
export function* nonNegativeFields<T extends object>(
  at: string,
  value: T,
  names: readonly (keyof T & string)[],
): Iterable<FieldError> {
  for (const name of names) {
    yield* nonNegative(child(at, name), value[name] as number | undefined);
  }
}

export function* immutable(path: string, value: unknown, old: unknown): Iterable<FieldError> {
  if (!equal(value, old)) yield invalid(path, value ?? null, immutableField);
}

/** `immutable` for several fields of one struct. */
export function* immutableFields<T extends object>(
  at: string,
  versions: { readonly value: T; readonly old: T },
  names: readonly (keyof T & string)[],
): Iterable<FieldError> {
  for (const name of names) {
    yield* immutable(child(at, name), versions.value[name], versions.old[name]);
  }
}

/** The text must be there, and keep a rule. */
export function* requiredText(
  path: string,
  value: string | undefined,
  rule: NameRule,
): Iterable<FieldError> {
  if (value === undefined || value === "") yield required(path);
  else yield* invalidEach(path, value, rule(value));
}

/** One of the values must be there; others are told which. */
export function* requiredChoice(
  path: string,
  value: string | undefined,
  valid: readonly string[],
): Iterable<FieldError> {
  if (!value) yield required(path);
  else if (!valid.includes(value)) yield notSupported(path, value, valid);
}

/** Counters of a status that may not exceed another of them. */
export function* notGreater<T extends object>(
  at: string,
  value: T,
  { names, than, why }: { names: readonly (keyof T & string)[]; than: keyof T; why: string },
): Iterable<FieldError> {
  const limit = (value[than] as number | undefined) ?? 0;
  for (const name of names) {
    const count = (value[name] as number | undefined) ?? 0;
    if (count > limit) yield invalid(child(at, name), count, why);
  }
}

/** Hash collisions are only ever counted up. */
export function* notDecremented(
  path: string,
  value: number | undefined,
  old: number | undefined,
): Iterable<FieldError> {
  if (old !== undefined && (value === undefined || value < old)) {
    yield invalid(path, value ?? 0, "cannot be decremented");
  }
}

export function* validLabelSelector(
  path: string,
  selector: LabelSelector | null | undefined,
): Iterable<FieldError> {
  if (selector?.matchLabels) {
    yield* validateLabels(selector.matchLabels, child(path, "matchLabels"));
  }
  for (const [at, requirement] of (selector?.matchExpressions ?? []).entries()) {
    const here = index(child(path, "matchExpressions"), at);
    const { operator } = requirement;
    if (!operators.has(operator)) {
      yield invalid(child(here, "operator"), operator, "not a valid selector operator");
    }
    yield* validLabelRequirement(here, requirement);
  }
}

const operators = new Set(["In", "NotIn", "Exists", "DoesNotExist"]);

/** All but the operator, which may be one that this version does not know. */
export function* validLabelRequirement(
  path: string,
  requirement: LabelSelectorRequirement,
): Iterable<FieldError> {
  yield* validOperands(path, requirement);
  const { key, values = [] } = requirement;
  yield* invalidEach(child(path, "key"), key, labelKey(key));
  for (const [at, value] of values.entries()) {
    yield* invalidEach(index(child(path, "values"), at), value, labelValue(value));
  }
}

/** Whether there are values is up to the operator. */
export function* validOperands(
  path: string,
  { operator, values = [] }: Pick<LabelSelectorRequirement, "operator" | "values">,
): Iterable<FieldError> {
  const valuesPath = child(path, "values");
  if ((operator === "In" || operator === "NotIn") && values.length === 0) {
    yield required(valuesPath, "must be specified when `operator` is 'In' or 'NotIn'");
  }
  if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0) {
    yield forbidden(
      valuesPath,
      "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    );
  }
}

/** Whether it selects by nothing at all, and so everything. */
export const isEmptySelector = (selector: LabelSelector): boolean =>
  Object.keys(selector.matchLabels ?? {}).length === 0 &&
  (selector.matchExpressions?.length ?? 0) === 0;

const conditionStatuses = ["False", "True", "Unknown"];
const reasonFormat = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const reasonRegex = new RegExp(`^${reasonFormat}$`);
const reasonProblem = regexProblem(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  reasonFormat,
  ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"],
);

/** Conditions of the shared shape (`meta/v1.Condition`). */
export function* validConditions(
  path: string,
  conditions: readonly Condition[] | undefined,
): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const [at, condition] of (conditions ?? []).entries()) {
    const here = index(path, at);
    if (seen.has(condition.type)) yield duplicate(child(here, "type"), condition.type);
    seen.add(condition.type);
    yield* validCondition(here, condition);
  }
}

function* validCondition(path: string, condition: Condition): Iterable<FieldError> {
  const { type, status, observedGeneration = 0, lastTransitionTime, reason, message } = condition;
  yield* invalidEach(child(path, "type"), type, labelKey(type));
  if (!conditionStatuses.includes(status)) {
    yield notSupported(child(path, "status"), status, conditionStatuses);
  }
  if (observedGeneration < 0) {
    yield invalid(
      child(path, "observedGeneration"),
      observedGeneration,
      "must be greater than or equal to zero",
    );
  }
  if (lastTransitionTime === null) yield required(child(path, "lastTransitionTime"), "must be set");
  if (reason === "") yield required(child(path, "reason"), "must be set");
  else if (!reasonRegex.test(reason)) yield invalid(child(path, "reason"), reason, reasonProblem);
  yield* notLonger(child(path, "reason"), reason, 1024);
  yield* notLonger(child(path, "message"), message, 32768);
}

export function* notLonger(
  path: string,
  text: string | undefined,
  maxBytes: number,
): Iterable<FieldError> {
  if (text !== undefined && text.length * 3 > maxBytes && byteLength(text) > maxBytes) {
    yield tooLong(path, maxBytes);
  }
}

const httpPathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPath = new RegExp(`^${httpPathFormat}$`);

/** `acme.io/foo`: what names a controller. */
export function* domainPrefixedPath(path: string, value: string): Iterable<FieldError> {
  if (value === "") {
    yield required(path);
    return;
  }
  const slash = value.indexOf("/");
  if (slash < 1 || slash === value.length - 1) {
    yield invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  const host = value.slice(0, slash);
  yield* invalidEach(path, host, dnsSubdomain(host));
  const rest = value.slice(slash + 1);
  if (!httpPath.test(rest)) yield invalid(path, rest, regexProblem("Invalid path", httpPathFormat));
}
