/** upstream: pkg/apis/batch/validation/validation.go#validateJobSpec */
import { domainPrefixedPath, nonNegativeFields, notLonger } from "#api/field-rules.ts";
import {
  child,
  type FieldError,
  invalid,
  notListed,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type { JobSpec } from "./job.ts";
import { validPodFailurePolicy, validSuccessPolicy } from "./job-policy-rules.ts";

const counts = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
  "backoffLimitPerIndex",
  "maxFailedIndexes",
] as const;

const managedByMax = 63;

/** What holds for jobs and for the templates of cron jobs. */
export function* validJobSpec(spec: JobSpec, at: string): Iterable<FieldError> {
  yield* nonNegativeFields(at, spec, counts);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    yield required(child(at, "backoffLimitPerIndex"), "when maxFailedIndexes is specified");
  }
  if (spec.managedBy !== undefined) {
    yield* domainPrefixedPath(child(at, "managedBy"), spec.managedBy);
    yield* notLonger(child(at, "managedBy"), spec.managedBy, managedByMax);
  }
  yield* spec.completionMode === "Indexed" ? validIndexed(spec, at) : notIndexed(spec, at);
  if (spec.podFailurePolicy) {
    yield* validPodFailurePolicy(spec.podFailurePolicy, child(at, "podFailurePolicy"), spec);
  }
  yield* validReplacement(spec, child(at, "podReplacementPolicy"));
  yield* validRestart(spec, child(at, "template.spec.restartPolicy"));
}

const parallelismMax = 100_000;
const failedIndexesMax = 100_000;
/** From here on not everything can be kept count of. */
const manyCompletions = 100_000;
const failedIndexesMaxOfMany = 10_000;
const parallelismMaxOfMany = 10_000;

function* validIndexed(spec: JobSpec, at: string): Iterable<FieldError> {
  const { completions, parallelism = 0, backoffLimitPerIndex, successPolicy } = spec;
  if (completions === undefined) {
    yield required(child(at, "completions"), "when completion mode is Indexed");
  }
  if (parallelism > parallelismMax) {
    const why = `must be less than or equal to ${parallelismMax} when completion mode is Indexed`;
    yield invalid(child(at, "parallelism"), parallelism, why);
  }
  yield* validFailures(spec, child(at, "maxFailedIndexes"));
  const isMany = (completions ?? 0) > manyCompletions;
  if (isMany && backoffLimitPerIndex !== undefined) yield* validMany(spec, at);
  if (successPolicy) {
    yield* validSuccessPolicy(successPolicy, child(at, "successPolicy"), completions ?? 0);
  }
}

function* validFailures(
  { completions = Infinity, maxFailedIndexes: failures = 0 }: JobSpec,
  at: string,
): Iterable<FieldError> {
  if (failures > completions) {
    yield invalid(at, failures, "must be less than or equal to completions");
  }
  if (failures > failedIndexesMax) {
    yield invalid(at, failures, `must be less than or equal to ${failedIndexesMax}`);
  }
}

function* validMany(
  { parallelism = 0, maxFailedIndexes }: JobSpec,
  at: string,
): Iterable<FieldError> {
  const path = child(at, "maxFailedIndexes");
  const atMost = (most: number): string =>
    `must be less than or equal to ${most} when completions are above ${manyCompletions} and used with backoff limit per index`;
  if (maxFailedIndexes === undefined) {
    yield required(path, `must be specified when completions is above ${manyCompletions}`);
  }
  if (parallelism > parallelismMaxOfMany) {
    yield invalid(child(at, "parallelism"), parallelism, atMost(parallelismMaxOfMany));
  }
  if ((maxFailedIndexes ?? 0) > failedIndexesMaxOfMany) {
    yield invalid(path, maxFailedIndexes, atMost(failedIndexesMaxOfMany));
  }
}

function* notIndexed(spec: JobSpec, at: string): Iterable<FieldError> {
  for (const name of ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] as const) {
    if (spec[name] === undefined) continue;
    yield invalid(child(at, name), spec[name], "requires indexed completion mode");
  }
}

function* validReplacement(
  { podReplacementPolicy: policy, podFailurePolicy }: JobSpec,
  at: string,
): Iterable<FieldError> {
  if (podFailurePolicy && policy === "TerminatingOrFailed") {
    yield notSupported(at, policy, ["Failed"]);
  }
}

const restartPolicies = ["OnFailure", "Never"];

function* validRestart({ template, podFailurePolicy }: JobSpec, at: string): Iterable<FieldError> {
  const { restartPolicy = "Always" } = template.spec;
  if (restartPolicy === "Always") yield required(at, 'valid values: "OnFailure", "Never"');
  else if (!restartPolicies.includes(restartPolicy)) {
    yield notListed(at, restartPolicy, restartPolicies);
  } else if (restartPolicy === "OnFailure" && podFailurePolicy) {
    const why = 'only "Never" is supported when podFailurePolicy is specified';
    yield invalid(at, restartPolicy, why);
  }
}
