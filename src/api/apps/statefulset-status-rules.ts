/** upstream: pkg/apis/apps/validation/validation.go#ValidateStatefulSetStatus */
import { nonNegativeFields, notDecremented, notGreater } from "#api/field-rules.ts";
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
  yield* notGreater("status", status, {
    names: ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
    than: "replicas",
    why: "cannot be greater than status.replicas",
  });
  yield* notGreater("status", status, {
    names: ["availableReplicas"],
    than: "readyReplicas",
    why: "cannot be greater than status.readyReplicas",
  });
  yield* notDecremented("status.collisionCount", status.collisionCount, old.collisionCount);
}
