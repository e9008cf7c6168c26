/** upstream: pkg/apis/apps/validation/validation.go#ValidateReplicaSetSpec */
import { nonNegativeFields } from "#api/field-rules.ts";
import { countsWithinReplicas, runsForever, selectsTemplate } from "#api/workload-rules.ts";
import { child, type FieldError } from "#schema/field-error.ts";
import type { ReplicaSetSpec, ReplicaSetStatus } from "./replicaset.ts";
import { selectsSome } from "./selector-rules.ts";

export function* validReplicaSetSpec(spec: ReplicaSetSpec, at: string): Iterable<FieldError> {
  const { selector, template } = spec;
  yield* nonNegativeFields(at, spec, ["replicas", "minReadySeconds"]);
  // exact: upstream calls it a deployment.
  yield* selectsSome(selector, at, {
    kind: "deployment",
    whenInvalid: "invalid label selector",
  });
  yield* selectsTemplate(selector, template, child(at, "template"));
  yield* runsForever(template, child(at, "template"), "ReplicaSet");
}

const counts = [
  "replicas",
  "fullyLabeledReplicas",
  "readyReplicas",
  "availableReplicas",
  "terminatingReplicas",
  "observedGeneration",
] as const;

export function* validReplicaSetStatus(status: ReplicaSetStatus): Iterable<FieldError> {
  yield* nonNegativeFields("status", status, counts);
  yield* countsWithinReplicas(status, [
    "fullyLabeledReplicas",
    "readyReplicas",
    "availableReplicas",
  ]);
}
