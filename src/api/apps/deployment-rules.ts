/** upstream: pkg/apis/apps/validation/validation.go#ValidateDeploymentSpec */
import { nonNegative, nonNegativeFields, notDecremented } from "#api/field-rules.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { parseInt64 } from "#api/selectors.ts";
import { countsWithinReplicas, runsForever, selectsTemplate } from "#api/workload-rules.ts";
import {
  child,
  type FieldError,
  forbidden,
  invalid,
  key,
  notSupported,
} from "#schema/field-error.ts";
import type {
  DeploymentSpec,
  DeploymentStatus,
  DeploymentStrategy,
  RollingUpdateDeployment,
} from "./deployment.ts";
import { amountOf, atMost100Percent, nonNegativeIntOrPercent } from "./int-or-percent.ts";
import { selectsSome } from "./selector-rules.ts";

const counts = [
  "replicas",
  "minReadySeconds",
  "revisionHistoryLimit",
  "progressDeadlineSeconds",
] as const;

export function* validDeploymentSpec(spec: DeploymentSpec, at: string): Iterable<FieldError> {
  const { selector, template, minReadySeconds = 0, progressDeadlineSeconds } = spec;
  yield* nonNegativeFields(at, spec, counts);
  yield* selectsSome(selector, at, {
    kind: "deployment",
    whenInvalid: "invalid label selector",
  });
  yield* selectsTemplate(selector, template, child(at, "template"));
  // exact: the pods are those of a replica set.
  yield* runsForever(template, child(at, "template"), "ReplicaSet");
  yield* validStrategy(spec.strategy, child(at, "strategy"));
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    const why = "must be greater than minReadySeconds";
    yield invalid(child(at, "progressDeadlineSeconds"), progressDeadlineSeconds, why);
  }
}

const types = ["Recreate", "RollingUpdate"];

function* validStrategy(strategy: DeploymentStrategy, at: string): Iterable<FieldError> {
  const { type = "", rollingUpdate } = strategy;
  const path = child(at, "rollingUpdate");
  if (!types.includes(type)) yield notSupported(at, strategy, types);
  else if (!rollingUpdate) return;
  else if (type === "RollingUpdate") yield* validRollingUpdate(rollingUpdate, path);
  else yield forbidden(path, "may not be specified when strategy `type` is 'Recreate'");
}

function* validRollingUpdate(
  { maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment,
  at: string,
): Iterable<FieldError> {
  const path = child(at, "maxUnavailable");
  yield* nonNegativeIntOrPercent(path, maxUnavailable);
  yield* nonNegativeIntOrPercent(child(at, "maxSurge"), maxSurge);
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    yield invalid(path, maxUnavailable, "may not be 0 when `maxSurge` is 0");
  }
  yield* atMost100Percent(path, maxUnavailable);
}

const rollbackAnnotation = "deprecated.deployment.rollback.to";

/** What was a field once: the revision to go back to. */
export function* validRollback({ annotations }: ObjectMeta): Iterable<FieldError> {
  const text = annotations?.[rollbackAnnotation];
  if (text === undefined) return;
  const path = key("metadata.annotations", rollbackAnnotation);
  if (parseInt64(text) === undefined) yield invalid(path, text, "must be an integer");
  else yield* nonNegative("spec.rollback.version", Number(text));
}

const statusCounts = [
  "observedGeneration",
  "replicas",
  "updatedReplicas",
  "readyReplicas",
  "availableReplicas",
  "unavailableReplicas",
  "terminatingReplicas",
  "collisionCount",
] as const;

export function* validDeploymentStatus(
  status: DeploymentStatus,
  old: DeploymentStatus,
): Iterable<FieldError> {
  yield* nonNegativeFields("status", status, statusCounts);
  yield* countsWithinReplicas(status, ["updatedReplicas", "readyReplicas", "availableReplicas"]);
  yield* notDecremented("status.collisionCount", status.collisionCount, old.collisionCount);
}
