/** upstream: pkg/controller/podgc/metrics/metrics.go */
import type { Pod } from "#api/core/pod.ts";
import { type Measure, measure, type Meter } from "../runtime/measures.ts";

// exact: kube-controller-manager, names and reasons
const labels = ["namespace", "reason"];

const deletions: Measure = {
  is: "counter",
  name: "pod_gc_collector_force_delete_pods_total",
  help: "Pods that were deleted by force",
  labels,
};
const errors: Measure = {
  is: "counter",
  name: "pod_gc_collector_force_delete_pod_errors_total",
  help: "Pods that could not be deleted by force",
  labels,
};

export type GcReason = "orphaned" | "unscheduled" | "out-of-service" | "terminated";

export const podGcMeter: Meter<Pod> = { measures: [deletions, errors] };

export const countDeletion = ({ metadata }: Pod, reason: GcReason, isDone: boolean) =>
  measure(isDone ? deletions : errors, [metadata.namespace ?? "", reason]);
