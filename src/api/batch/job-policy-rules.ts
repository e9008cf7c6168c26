/** What a job may say about which failures count, and when it has succeeded. */
import { nonNegative, notLonger } from "#api/field-rules.ts";
import { invalidEach, qualifiedName } from "#api/names.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  invalidTogether,
  notSupported,
  required,
  tooMany,
} from "#schema/field-error.ts";
import { parseIndexes } from "./indexes.ts";
import type {
  JobSpec,
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicy,
  SuccessPolicyRule,
} from "./job.ts";

/** As one of `valid`, and what is valid is told also where nothing is given. */
function* chosen(path: string, value: string, valid: readonly string[]): Iterable<FieldError> {
  if (value === "") yield required(path, `valid values: [${valid.map(quoted).join(" ")}]`);
  else if (!valid.includes(value)) yield notSupported(path, value, valid);
}

const quoted = (text: string): string => JSON.stringify(text);

const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
const operators = ["In", "NotIn"];
const failureRulesMax = 20;
const exitCodesMax = 255;
const patternsMax = 20;

export function* validPodFailurePolicy(
  { rules }: PodFailurePolicy,
  at: string,
  spec: JobSpec,
): Iterable<FieldError> {
  const path = child(at, "rules");
  const list = rules ?? [];
  if (list.length > failureRulesMax) yield tooMany(path, list.length, failureRulesMax);
  for (const [i, rule] of list.entries()) yield* validFailureRule(rule, index(path, i), spec);
}

function* validFailureRule(
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  at: string,
  spec: JobSpec,
): Iterable<FieldError> {
  yield* chosen(child(at, "action"), action, actions);
  if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined) {
    const why = "requires the backoffLimitPerIndex to be set";
    yield invalid(child(at, "action"), action, why);
  }
  if (onExitCodes) yield* validExitCodes(onExitCodes, child(at, "onExitCodes"), spec);
  yield* validPatterns(onPodConditions, child(at, "onPodConditions"));
  if (onExitCodes && onPodConditions.length > 0) {
    const why = "specifying both OnExitCodes and OnPodConditions is not supported";
    yield invalidTogether(at, why);
  }
  if (!onExitCodes && onPodConditions.length === 0) {
    const why = "specifying one of OnExitCodes and OnPodConditions is required";
    yield invalidTogether(at, why);
  }
}

function* validExitCodes(
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
  at: string,
  { template: { spec } }: JobSpec,
): Iterable<FieldError> {
  yield* chosen(child(at, "operator"), operator, operators);
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName)) {
    const why = "must be one of the container or initContainer names in the pod template";
    yield invalid(child(at, "containerName"), containerName, why);
  }
  const path = child(at, "values");
  const codes = values ?? [];
  if (codes.length === 0) yield invalid(path, codes, "at least one value is required");
  if (codes.length > exitCodesMax) yield tooMany(path, codes.length, exitCodesMax);
  for (const [i, code] of codes.entries()) {
    if (operator === "In" && code === 0) {
      yield invalid(index(path, i), code, "must not be 0 for the In operator");
    }
    if (codes.indexOf(code) < i) yield duplicate(index(path, i), code);
  }
  const isOrdered = codes.every((code, i) => i === 0 || (codes[i - 1] ?? 0) <= code);
  if (!isOrdered) yield invalid(path, codes, "must be ordered");
}

const statuses = ["False", "True", "Unknown"];

function* validPatterns(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  at: string,
): Iterable<FieldError> {
  if (patterns.length > patternsMax) yield tooMany(at, patterns.length, patternsMax);
  for (const [i, { type, status }] of patterns.entries()) {
    const path = index(at, i);
    yield* invalidEach(child(path, "type"), type, qualifiedName(type));
    if (!statuses.includes(status)) yield notSupported(child(path, "status"), status, statuses);
  }
}

const successRulesMax = 20;
const indexesBytesMax = 64 * 1024;

/** Of an indexed job. */
export function* validSuccessPolicy(
  { rules }: SuccessPolicy,
  at: string,
  completions: number,
): Iterable<FieldError> {
  const path = child(at, "rules");
  const list = rules ?? [];
  if (list.length === 0) {
    yield required(
      path,
      "at least one rules must be specified when the successPolicy is specified",
    );
  }
  if (list.length > successRulesMax) yield tooMany(path, list.length, successRulesMax);
  for (const [i, rule] of list.entries()) {
    yield* validSuccessRule(rule, index(path, i), completions);
  }
}

function* validSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  at: string,
  completions: number,
): Iterable<FieldError> {
  if (count === undefined && indexes === undefined) {
    yield required(at, "at least one of succeededCount or succeededIndexes must be specified");
  }
  const indexesPath = child(at, "succeededIndexes");
  yield* notLonger(indexesPath, indexes, indexesBytesMax);
  const parsed = parseIndexes(indexes ?? "", completions);
  if (typeof parsed === "string") {
    yield invalid(indexesPath, indexes, `error parsing succeededIndexes: ${parsed}`);
  }
  if (count === undefined) return;
  const path = child(at, "succeededCount");
  yield* nonNegative(path, count);
  if (count > completions) {
    const why = `must be less than or equal to ${completions} (the number of specified completions)`;
    yield invalid(path, count, why);
  }
  const total = typeof parsed === "string" ? 0 : parsed.total;
  if (indexes !== undefined && count > total) {
    const why = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    yield invalid(path, count, why);
  }
}
