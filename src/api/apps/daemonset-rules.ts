/** upstream: pkg/apis/apps/validation/validation.go#ValidateDaemonSetSpec */
import { nonNegativeFields, notDecremented, validLabelSelector } from "#api/field-rules.ts";
import { runsForever, selectsTemplate } from "#api/workload-rules.ts";
import { child, type FieldError, invalid, notListed, required } from "#schema/field-error.ts";
import type {
  DaemonSetSpec,
  DaemonSetStatus,
  DaemonSetUpdateStrategy,
  RollingUpdateDaemonSet,
} from "./daemonset.ts";
import { amountOf, atMost100Percent, nonNegativeIntOrPercent } from "./int-or-percent.ts";
import { notEverything } from "./selector-rules.ts";

export function* validDaemonSetSpec(spec: DaemonSetSpec, at: string): Iterable<FieldError> {
  const { selector, template, updateStrategy } = spec;
  // exact: one that is absent is not asked for, but it fits no template.
  yield* validLabelSelector(child(at, "selector"), selector);
  if (selector) yield* notEverything(selector, at, "daemonset");
  yield* selectsTemplate(selector, template, child(at, "template"));
  yield* runsForever(template, child(at, "template"), "DaemonSet");
  yield* nonNegativeFields(at, spec, ["minReadySeconds", "revisionHistoryLimit"]);
  yield* validStrategy(updateStrategy, child(at, "updateStrategy"));
}

const types = ["RollingUpdate", "OnDelete"];

function* validStrategy(strategy: DaemonSetUpdateStrategy, at: string): Iterable<FieldError> {
  const { type = "", rollingUpdate } = strategy;
  if (!types.includes(type)) yield notListed(at, strategy, types);
  else if (type === "RollingUpdate" && rollingUpdate) {
    yield* validRollingUpdate(rollingUpdate, child(at, "rollingUpdate"));
  }
}

/** A pod is replaced where it is, or after another one has come up beside it. */
function* validRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDaemonSet,
  at: string,
): Iterable<FieldError> {
  const unavailablePath = child(at, "maxUnavailable");
  const surgePath = child(at, "maxSurge");
  yield* nonNegativeIntOrPercent(unavailablePath, maxUnavailable);
  yield* nonNegativeIntOrPercent(surgePath, maxSurge);
  yield* atMost100Percent(unavailablePath, maxUnavailable);
  yield* atMost100Percent(surgePath, maxSurge);
  const hasUnavailable = amountOf(maxUnavailable) !== 0;
  const hasSurge = amountOf(maxSurge) !== 0;
  if (hasUnavailable && hasSurge) {
    yield invalid(surgePath, maxSurge, "may not be set when maxUnavailable is non-zero");
  }
  if (!hasUnavailable && !hasSurge) {
    yield required(unavailablePath, "cannot be 0 when maxSurge is 0");
  }
}

const counts = [
  "currentNumberScheduled",
  "numberMisscheduled",
  "desiredNumberScheduled",
  "numberReady",
  "observedGeneration",
  "updatedNumberScheduled",
  "numberAvailable",
  "numberUnavailable",
  "collisionCount",
] as const;

export function* validDaemonSetStatus(
  status: DaemonSetStatus,
  old: DaemonSetStatus,
): Iterable<FieldError> {
  yield* nonNegativeFields("status", status, counts);
  yield* notDecremented("status.collisionCount", status.collisionCount, old.collisionCount);
}
