/**
 * Rules for node selectors.
 * upstream: pkg/apis/core/validation/validation.go#ValidateNodeSelector
 */
import {
  invalidEach,
  labelKey,
  labelValue,
  nameIsDnsSubdomain,
  type NameRule,
} from "#api/names.ts";
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
  for (const [i, term] of terms.entries()) yield* validateTerm(term, `${path}[${i}]`, labelValue);
}

/** Values that no label can have are let pass here: preferring nothing does no harm. */
export function* validatePreferredTerm(
  { weight, preference }: PreferredSchedulingTerm,
  at: string,
): Iterable<FieldError> {
  if (weight <= 0 || weight > 100) {
    yield invalid(`${at}.weight`, weight, "must be in the range 1-100");
  }
  yield* validateTerm(preference, `${at}.preference`, anyValue);
}

const anyValue: NameRule = () => [];

function* validateTerm(
  term: NodeSelectorTerm,
  at: string,
  valueRule: NameRule,
): Iterable<FieldError> {
  for (const [i, requirement] of (term.matchExpressions ?? []).entries()) {
    const path = `${at}.matchExpressions[${i}]`;
    yield* validateOperator(requirement, path);
    yield* invalidEach(`${path}.key`, requirement.key, labelKey(requirement.key));
    for (const [j, value] of (requirement.values ?? []).entries()) {
      yield* invalidEach(`${path}.values[${j}]`, value, valueRule(value));
    }
  }
  for (const [i, requirement] of (term.matchFields ?? []).entries()) {
    yield* validateField(requirement, `${at}.matchFields[${i}]`);
  }
}

function* validateOperator(
  { operator, values = [] }: NodeSelectorRequirement,
  at: string,
): Iterable<FieldError> {
  const path = `${at}.values`;
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length > 0) return;
      yield required(path, "must be specified when `operator` is 'In' or 'NotIn'");
      return;
    case "Exists":
    case "DoesNotExist":
      if (values.length === 0) return;
      yield forbidden(path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      return;
    case "Gt":
    case "Lt":
      if (values.length === 1) return;
      yield required(path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      return;
    default:
      yield invalid(`${at}.operator`, operator, "not a valid selector operator");
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
