/**
 * What a job's status may become. Many rules are about what just changed: what was wrong before may
 * stay, and a changed spec may put the status in the wrong for a moment.
 * upstream: pkg/apis/batch/validation/validation.go#ValidateJobStatusUpdate,
 * pkg/registry/batch/job/strategy.go#getStatusValidationOptions
 */
import { nonNegativeFields } from "#api/field-rules.ts";
import { equal } from "#schema/copy.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  invalidTogether,
  required,
} from "#schema/field-error.ts";
import { overlapOf, parseIndexes } from "./indexes.ts";
import type { JobSpec, JobStatus, UncountedTerminatedPods } from "./job.ts";

interface Job {
  readonly spec: JobSpec;
  readonly status: JobStatus;
}

interface Change extends Job {
  readonly old: JobStatus;
}

const conditionsPath = "status.conditions";
const counters = ["active", "succeeded", "failed", "ready", "terminating"] as const;

export function* validJobStatus({ spec, status }: Job, old: Job): Iterable<FieldError> {
  const change: Change = { spec, status, old: old.status };
  yield* nonNegativeFields("status", status, counters);
  if (status.uncountedTerminatedPods) yield* validUncounted(status.uncountedTerminatedPods);
  yield* validOutcome(change);
  yield* validTimes(change);
  yield* validCounts(change);
  yield* finishedIsOver(change);
  yield* validIndexes(change);
  yield* successMet(change);
  yield* neverBack(change);
}

const has = ({ conditions = [] }: JobStatus, type: string): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === "True");

const isFinished = (status: JobStatus): boolean => has(status, "Complete") || has(status, "Failed");

/** One of the conditions was set, or taken back. */
const turned = ({ status, old }: Change, ...types: readonly string[]): boolean =>
  types.some((type) => has(status, type) !== has(old, type));

const changed = ({ status, old }: Change, ...names: readonly (keyof JobStatus)[]): boolean =>
  names.some((name) => !equal(status[name], old[name]));

function* validUncounted(uncounted: UncountedTerminatedPods): Iterable<FieldError> {
  const seen = new Set<string>();
  for (const name of ["succeeded", "failed"] as const) {
    const path = child("status.uncountedTerminatedPods", name);
    for (const [i, uid] of (uncounted[name] ?? []).entries()) {
      if (uid === "") yield invalid(index(path, i), uid, "must not be empty");
      else if (seen.has(uid)) yield duplicate(index(path, i), uid);
      seen.add(uid);
    }
  }
}

/** Conditions that exclude or need each other. */
function* validOutcome(change: Change): Iterable<FieldError> {
  const { status } = change;
  yield* excluded(change, "Complete", "Failed");
  yield* excluded(change, "Complete", "FailureTarget");
  const isNews = turned(change, "Failed") || changed(change, "failedIndexes");
  if (isNews && has(status, "Failed") && !has(status, "FailureTarget")) {
    yield without("Failed", "FailureTarget");
  }
  const isMet = has(status, "SuccessCriteriaMet");
  if (has(status, "Complete") && !isMet && turned(change, "Complete", "SuccessCriteriaMet")) {
    yield without("Complete", "SuccessCriteriaMet");
  }
}

function* excluded(change: Change, one: string, other: string): Iterable<FieldError> {
  if (!has(change.status, one) || !has(change.status, other)) return;
  if (!turned(change, one, other)) return;
  yield invalidTogether(conditionsPath, `cannot set ${one}=True and ${other}=true conditions`);
}

const without = (one: string, other: string): FieldError =>
  invalidTogether(
    conditionsPath,
    `cannot set ${one}=True condition without the ${other}=true condition`,
  );

function* validTimes(change: Change): Iterable<FieldError> {
  const { startTime, completionTime } = change.status;
  const path = "status.completionTime";
  const isComplete = has(change.status, "Complete");
  const isNews = turned(change, "Complete") || changed(change, "completionTime");
  if (isNews && completionTime && !isComplete) {
    const why = "cannot set completionTime when there is no Complete=True condition";
    yield invalid(path, completionTime, why);
  }
  if (isNews && !completionTime && isComplete) {
    yield required(path, "completionTime is required for Complete jobs");
  }
  if (!startTime || !completionTime || !changed(change, "startTime", "completionTime")) return;
  if (Date.parse(completionTime) < Date.parse(startTime)) {
    yield invalid(path, completionTime, "must be equal to or after `startTime`");
  }
}

function* validCounts(change: Change): Iterable<FieldError> {
  const { active = 0, ready } = change.status;
  if (ready !== undefined && ready > active && changed(change, "ready", "active")) {
    yield invalid("status.ready", ready, "cannot set more ready pods than active");
  }
}

/** A finished job has been started, and nothing of it runs any more. */
function* finishedIsOver(change: Change): Iterable<FieldError> {
  const { status, old } = change;
  const { active = 0, terminating = 0, startTime } = status;
  if (!isFinished(status)) return;
  const isNews = (name: keyof JobStatus): boolean => !isFinished(old) || changed(change, name);
  if (active > 0 && isNews("active")) {
    yield invalid("status.active", active, "active>0 is invalid for finished job");
  }
  if (!startTime && isNews("startTime")) {
    yield required("status.startTime", "startTime is required for finished job");
  }
  if (isNews("uncountedTerminatedPods")) yield* allCounted(status.uncountedTerminatedPods);
  if (terminating > 0 && isNews("terminating")) {
    yield invalid("status.terminating", terminating, "terminating>0 is invalid for finished job");
  }
}

function* allCounted(uncounted: UncountedTerminatedPods | undefined): Iterable<FieldError> {
  const { succeeded = [], failed = [] } = uncounted ?? {};
  if (succeeded.length + failed.length === 0) return;
  yield invalid("status.uncountedTerminatedPods", uncounted, "must be empty for finished job");
}

function* validIndexes(change: Change): Iterable<FieldError> {
  if (changed(change, "completedIndexes")) yield* validCompleted(change);
  if (changed(change, "failedIndexes")) yield* validFailed(change);
  const { completedIndexes = "", failedIndexes = "" } = change.status;
  const { completions } = change.spec;
  if (!changed(change, "completedIndexes", "failedIndexes") || completions === undefined) return;
  if (completedIndexes === "" || failedIndexes === "") return;
  const shared = overlapOf(completedIndexes, failedIndexes, completions);
  if (shared !== undefined) {
    const why = `failedIndexes and completedIndexes overlap at index: ${shared}`;
    yield invalid("status.failedIndexes", failedIndexes, why);
  }
}

function* validCompleted({ spec, status }: Change): Iterable<FieldError> {
  const path = "status.completedIndexes";
  const { completedIndexes = "" } = status;
  const parsed = parseIndexes(completedIndexes, spec.completions ?? Infinity);
  if (typeof parsed === "string" && spec.completions !== undefined) {
    yield invalid(path, completedIndexes, `error parsing completedIndexes: ${parsed}`);
  }
  if (completedIndexes !== "" && spec.completionMode !== "Indexed") {
    const why = "cannot set non-empty completedIndexes when non-indexed completion mode";
    yield invalid(path, completedIndexes, why);
  }
}

function* validFailed({ spec, status }: Change): Iterable<FieldError> {
  const path = "status.failedIndexes";
  const { failedIndexes } = status;
  if (failedIndexes === undefined) return;
  if (spec.backoffLimitPerIndex === undefined) {
    const why = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
    yield invalid(path, failedIndexes, why);
    return;
  }
  const parsed = parseIndexes(failedIndexes, spec.completions ?? Infinity);
  if (typeof parsed === "string" && spec.completions !== undefined) {
    yield invalid(path, failedIndexes, `error parsing failedIndexes: ${parsed}`);
  }
}

function* successMet({ spec, status }: Change): Iterable<FieldError> {
  const isMet = has(status, "SuccessCriteriaMet");
  for (const other of ["Failed", "FailureTarget"]) {
    if (!isMet || !has(status, other)) continue;
    const why = `cannot set SuccessCriteriaMet=True and ${other}=true conditions`;
    yield invalidTogether(conditionsPath, why);
  }
  if (spec.successPolicy && !isMet && has(status, "Complete")) {
    const why =
      "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True";
    yield invalidTogether(conditionsPath, why);
  }
}

/** What is final stays, and counters only go up. */
function* neverBack({ spec, status, old }: Change): Iterable<FieldError> {
  for (const type of ["Failed", "Complete", "FailureTarget"]) {
    if (!has(old, type) || has(status, type)) continue;
    yield invalidTogether(conditionsPath, `cannot disable the terminal ${type}=True condition`);
  }
  yield* notDecreased("failed", status, old);
  const mayShrink = spec.completionMode === "Indexed" && spec.completions === spec.parallelism;
  if (!mayShrink) yield* notDecreased("succeeded", status, old);
  yield* timesStay(spec, status, old);
  yield* stillMet(status, old);
}

function* notDecreased(
  name: "failed" | "succeeded",
  status: JobStatus,
  old: JobStatus,
): Iterable<FieldError> {
  const count = status[name] ?? 0;
  if (count >= (old[name] ?? 0)) return;
  yield invalid(child("status", name), count, `cannot decrease the ${name} counter`);
}

function* stillMet(status: JobStatus, old: JobStatus): Iterable<FieldError> {
  const was = has(old, "SuccessCriteriaMet");
  const isMet = has(status, "SuccessCriteriaMet");
  if (was && !isMet) {
    yield invalidTogether(conditionsPath, "cannot disable the SuccessCriteriaMet=True condition");
  }
  if (!was && isMet && has(old, "Complete")) {
    const why = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
    yield invalidTogether(conditionsPath, why);
  }
}

function* timesStay(spec: JobSpec, status: JobStatus, old: JobStatus): Iterable<FieldError> {
  const { completionTime, startTime } = status;
  if (completionTime && old.completionTime && completionTime !== old.completionTime) {
    yield invalid("status.completionTime", completionTime, "field is immutable");
  }
  // A job that is resumed starts anew, in the same write that says so.
  const isResumed = has(old, "Suspended") && !has(status, "Suspended") && startTime !== undefined;
  if (old.startTime && startTime !== old.startTime && spec.suspend !== true && !isResumed) {
    yield required("status.startTime", "startTime cannot be removed for unsuspended job");
  }
}
