/**
 * Rules for where a pod wants to run: affinity, tolerations, spreading.
 * upstream: pkg/apis/core/validation/validation.go#validateAffinity, #ValidateTolerations
 */
import { isEnabled } from "#api/feature-gates.ts";
import { validLabelSelector } from "#api/field-rules.ts";
import { invalidEach, labelKey, labelValue, namespaceName } from "#api/names.ts";
import { parseInt64 } from "#api/selectors.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notListed,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type {
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
  WeightedPodAffinityTerm,
} from "./affinity.ts";

export function* validateWeightedTerm(
  { weight }: WeightedPodAffinityTerm,
  at: string,
): Iterable<FieldError> {
  if (weight <= 0 || weight > 100) {
    yield invalid(`${at}.weight`, weight, "must be in the range 1-100");
  }
}

export function* validatePodAffinityTerm(term: PodAffinityTerm, at: string): Iterable<FieldError> {
  yield* validLabelSelector(`${at}.labelSelector`, term.labelSelector);
  yield* validLabelSelector(`${at}.namespaceSelector`, term.namespaceSelector);
  for (const name of term.namespaces ?? []) {
    yield* invalidEach(`${at}.namespace`, name, namespaceName(name, false));
  }
  yield* validateMatchKeys(term, at);
  const { topologyKey } = term;
  if (topologyKey === "") yield required(`${at}.topologyKey`, "can not be empty");
  yield* invalidEach(`${at}.topologyKey`, topologyKey, labelKey(topologyKey));
}

type KeyedTerm = Pick<PodAffinityTerm, "matchLabelKeys" | "mismatchLabelKeys" | "labelSelector">;

function* validateMatchKeys(term: KeyedTerm, at: string): Iterable<FieldError> {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = term;
  const lists = { matchLabelKeys, mismatchLabelKeys };
  for (const [name, keys] of Object.entries(lists)) {
    if (keys.length > 0 && !labelSelector) {
      yield forbidden(`${at}.${name}`, "must not be specified when labelSelector is not set");
    } else yield* validateKeys(keys, `${at}.${name}`);
  }
  for (const key of repeatedKeys(labelSelector, matchLabelKeys)) {
    const i = matchLabelKeys.lastIndexOf(key);
    yield invalid(`${at}[${i}]`, key, "exists in both matchLabelKeys and labelSelector");
  }
  for (const [i, key] of matchLabelKeys.entries()) {
    if (!mismatchLabelKeys.includes(key)) continue;
    const problem = "exists in both matchLabelKeys and mismatchLabelKeys";
    yield invalid(`${at}.matchLabelKeys[${i}]`, key, problem);
  }
}

function* validateKeys(keys: readonly string[], at: string): Iterable<FieldError> {
  for (const [i, key] of keys.entries()) yield* invalidEach(`${at}[${i}]`, key, labelKey(key));
}

/**
 * By now the selector has one expression for each of the keys, put in when the pod was made:
 * a second mention is the user's.
 */
function* repeatedKeys(
  selector: LabelSelector | undefined,
  matchLabelKeys: readonly string[],
): Iterable<string> {
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) {
    if (seen.has(key) && matchLabelKeys.includes(key)) yield key;
    seen.add(key);
  }
}

export function* validateToleration(toleration: Toleration, at: string): Iterable<FieldError> {
  const { key, operator = "", effect = "", tolerationSeconds } = toleration;
  if (key) yield* invalidEach(`${at}.key`, key, labelKey(key));
  else if (operator !== "Exists") {
    const problem =
      'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    yield invalid(`${at}.operator`, operator, problem);
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    const problem = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    yield invalid(`${at}.effect`, effect, problem);
  }
  yield* validateTolerationValue(toleration, `${at}.operator`);
}

function* validateTolerationValue(
  { operator = "Equal", value = "" }: Toleration,
  path: string,
): Iterable<FieldError> {
  if (operator === "Equal") {
    const problems = labelValue(value);
    if (problems.length > 0) yield invalid(path, value, problems.join(";"));
  } else if (operator === "Exists") {
    if (value) yield invalid(path, value, "value must be empty when `operator` is 'Exists'");
  } else if (operator !== "Lt" && operator !== "Gt") {
    yield notListed(path, operator, ["Equal", "Exists"]);
  } else if (!isEnabled("TaintTolerationComparisonOperators")) {
    yield notListed(path, operator, ["Equal", "Exists", "Lt", "Gt"]);
  } else if (parseInt64(value) === undefined) {
    yield invalid(path, value, "value must be a 64-bit integer when `operator` is 'Lt' or 'Gt'");
  }
}

const notPositive = "must be greater than zero";
const spreadActions = ["DoNotSchedule", "ScheduleAnyway"];

export function* validateTopologySpread(
  constraint: TopologySpreadConstraint,
  at: string,
): Iterable<FieldError> {
  const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
  if (maxSkew <= 0) yield invalid(`${at}.maxSkew`, maxSkew, notPositive);
  if (topologyKey === "") yield required(`${at}.topologyKey`, "can not be empty");
  if (!spreadActions.includes(whenUnsatisfiable)) {
    yield notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, spreadActions);
  }
  if (minDomains !== undefined) {
    const path = `${at}.minDomains`;
    if (minDomains <= 0) yield invalid(path, minDomains, notPositive);
    if (whenUnsatisfiable !== "DoNotSchedule") {
      const problem = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      yield invalid(path, minDomains, problem);
    }
  }
  yield* validateMatchKeys(constraint, at);
  yield* validLabelSelector(`${at}.labelSelector`, constraint.labelSelector);
}

/** Two constraints may not speak of the same domains in the same way. */
export function* validateSpreadPairs(
  constraints: readonly TopologySpreadConstraint[],
  at: string,
): Iterable<FieldError> {
  const pairs = constraints.map(
    ({ topologyKey, whenUnsatisfiable }) => `{${topologyKey}, ${whenUnsatisfiable}}`,
  );
  for (const [i, pair] of pairs.entries()) {
    if (pairs.includes(pair, i + 1)) {
      yield duplicate(`${at}[${i}].{topologyKey, whenUnsatisfiable}`, pair);
    }
  }
}
