/**
 * What is counted of autoscalers.
 * upstream: pkg/controller/podautoscaler/monitor/metrics.go
 */
import type { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import { exponentialBuckets } from "#base/metrics.ts";
import type { Effect } from "../runtime/effects.ts";
import { type Measure, measure, type Meter } from "../runtime/measures.ts";
import type { Steps } from "../runtime/steps.ts";

export type Action = "scale_up" | "scale_down" | "none";
/** Whose mistake it was: what the autoscaler asks for cannot be, or something did not work. */
export type Trouble = "spec" | "internal" | "none";

// exact: kube-controller-manager, all names and labels
const reconciliations: Measure = {
  is: "counter",
  name: "horizontal_pod_autoscaler_controller_reconciliations_total",
  help: "Looks at autoscalers",
  labels: ["action", "error"],
};
const reconciliationSeconds: Measure = {
  is: "histogram",
  name: "horizontal_pod_autoscaler_controller_reconciliation_duration_seconds",
  help: "How long looks at autoscalers took",
  labels: ["action", "error"],
  buckets: exponentialBuckets(0.001, 2, 15),
};
const computations: Measure = {
  is: "counter",
  name: "horizontal_pod_autoscaler_controller_metric_computation_total",
  help: "Recommendations by one metric",
  labels: ["action", "error", "metric_type"],
};

/** differs: the time runs from the beginning of the look: a later metric's has that of those before it in it. */
const computationSeconds: Measure = {
  is: "histogram",
  name: "horizontal_pod_autoscaler_controller_metric_computation_duration_seconds",
  help: "How long it took until there was a recommendation by one metric",
  labels: ["action", "error", "metric_type"],
  buckets: exponentialBuckets(0.001, 2, 15),
};

export const autoscalerMeter: Meter<HorizontalPodAutoscaler> = {
  measures: [reconciliations, reconciliationSeconds, computations, computationSeconds],
};

export const countLook = (action: Action, error: Trouble): readonly Effect[] => [
  measure(reconciliations, [action, error]),
  measure(reconciliationSeconds, [action, error], "elapsed"),
];

export function* countComputation(type: string, action: Action, error: Trouble): Steps<void> {
  yield measure(computations, [action, error, type]);
  yield measure(computationSeconds, [action, error, type], "elapsed");
}

export const actionFrom = (current: number, wanted: number): Action =>
  wanted > current ? "scale_up" : wanted < current ? "scale_down" : "none";

/** By the reason of the event that tells it. */
export const troubleOf = (reason: string): Trouble =>
  /^(Invalid|Ambiguous|SelectorRequired)/.test(reason) ? "spec" : "internal";
