/**
 * Rules for replication controllers.
 * upstream: pkg/apis/core/validation/validation.go#ValidateReplicationControllerSpec
 */
import { nonNegativeFields } from "#api/field-rules.ts";
import { countsWithinReplicas } from "#api/workload-rules.ts";
import { labelSetSelectorOf } from "#api/selectors.ts";
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import type {
  ReplicationControllerSpec,
  ReplicationControllerStatus,
} from "./replicationcontroller.ts";

interface ControllerParts {
  readonly spec: ReplicationControllerSpec;
  readonly status: ReplicationControllerStatus;
}

export function* validateController({ spec }: ControllerParts): Iterable<FieldError> {
  yield* nonNegativeFields("spec", spec, ["minReadySeconds", "replicas"]);
  const { selector = {}, template } = spec;
  const isEmpty = Object.keys(selector).length === 0;
  if (isEmpty) yield required("spec.selector");
  if (!template) {
    yield required("spec.template");
    return;
  }
  const { labels } = template.metadata;
  if (!isEmpty && !labelSetSelectorOf(selector).matches(labels)) {
    const problem = "`selector` does not match template `labels`";
    yield invalid("spec.template.metadata.labels", labels ?? {}, problem);
  }
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  if (restartPolicy !== "Always") {
    yield notSupported("spec.template.spec.restartPolicy", restartPolicy ?? "", ["Always"]);
  }
  if (activeDeadlineSeconds !== undefined) {
    const problem = "activeDeadlineSeconds in ReplicationController is not Supported";
    yield forbidden("spec.template.spec.activeDeadlineSeconds", problem);
  }
}

export function* validateControllerStatus({ status }: ControllerParts): Iterable<FieldError> {
  const counts = ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"] as const;
  yield* nonNegativeFields("status", status, ["replicas", ...counts, "observedGeneration"]);
  yield* countsWithinReplicas(status, counts);
}
