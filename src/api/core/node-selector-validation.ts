/**
 * Rules for node selectors.
 * upstream: pkg/apis/core/validation/validation.go#ValidateNodeSelector
 */
import { invalidEach, labelKey, labelValue, nameIsDnsSubdomain } from "#api/names.ts";
import { type FieldError, forbidden, invalid, required } from "#schema/field-error.ts";
import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PreferredSchedulingTerm,
} from "./node-selector.ts";

export function* validateNodeSelector(selector: NodeSelector, at: string): Iterable<FieldError> {
  const { nodeSelectorTerms: terms } = selector;
  const path = `${at}.nodeSelectorTerms`;
  if (terms.length === 0) yield required(path, "must have at least one node selector term");
  for (const [i, term] of terms.entries()) {
    yield* validateTerm(term, `${path}[${i}]`);
    yield* validateValues(term, `${path}[${i}]`);
  }
}

/** Values that no label can have are let pass here: preferring nothing does no harm. */
export function* validatePreferredTerm(
  { weight, preference }: PreferredSchedulingTerm,
  at: string,
): Iterable<FieldError> {
  if (weight <= 0 || weight > 100) {
    yield invalid(`${at}.weight`, weight, "must be in the range 1-100");
  }
  yield* validateTerm(preference, `${at}.preference`);
}

function* validateTerm(term: NodeSelectorTerm, at: string): Iterable<FieldError> {
  for (const [i, requirement] of (term.matchExpressions ?? []).entries()) {
    yield* validateExpression(requirement, `${at}.matchExpressions[${i}]`);
  }
  for (const [i, requirement] of (term.matchFields ?? []).entries()) {
    yield* validateField(requirement, `${at}.matchFields[${i}]`);
  }
}

function* validateExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  at: string,
): Iterable<FieldError> {
  const path = `${at}.values`;
  if ((operator === "In" || operator === "NotIn") && values.length === 0) {
    yield required(path, "must be specified when `operator` is 'In' or 'NotIn'");
  }
  if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0) {
    yield forbidden(path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  }
  if ((operator === "Gt" || operator === "Lt") && values.length !== 1) {
    yield required(path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
  }
  yield* invalidEach(`${at}.key`, key, labelKey(key));
}

function* validateValues(term: NodeSelectorTerm, at: string): Iterable<FieldError> {
  for (const [i, { values = [] }] of (term.matchExpressions ?? []).entries()) {
    for (const [j, value] of values.entries()) {
      const problems = labelValue(value);
      yield* invalidEach(`${at}.matchExpressions[${i}].values[${j}]`, value, problems);
    }
  }
}

function* validateField(
  { key, operator, values = [] }: NodeSelectorRequirement,
  at: string,
): Iterable<FieldError> {
  if (operator !== "In" && operator !== "NotIn") {
    yield invalid(`${at}.operator`, operator, "not a valid selector operator");
  } else if (values.length !== 1) {
    const hint =
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
    yield required(`${at}.values`, hint);
  }
  if (key !== "metadata.name") {
    yield invalid(`${at}.key`, key, "not a valid field selector key");
    return;
  }
  for (const [i, value] of values.entries()) {
    yield* invalidEach(`${at}.values[${i}]`, value, nameIsDnsSubdomain(value, false));
  }
}
