/** upstream: pkg/apis/apps/validation/validation.go#ValidateStatefulSetStatus */
import { nonNegativeFields, notDecremented } from "#api/field-rules.ts";
import { countsWithinReplicas } from "#api/workload-rules.ts";
import type { FieldError } from "#schema/field-error.ts";
import type { StatefulSetStatus } from "./statefulset.ts";

const counts = [
  "replicas",
  "readyReplicas",
  "currentReplicas",
  "updatedReplicas",
  "availableReplicas",
  "observedGeneration",
  "collisionCount",
] as const;

export function* validStatefulSetStatus(
  status: StatefulSetStatus,
  old: StatefulSetStatus,
): Iterable<FieldError> {
  yield* nonNegativeFields("status", status, counts);
  const names = [
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "availableReplicas",
  ] as const;
  yield* countsWithinReplicas(status, names, "status.readyReplicas");
  yield* notDecremented("status.collisionCount", status.collisionCount, old.collisionCount);
}
