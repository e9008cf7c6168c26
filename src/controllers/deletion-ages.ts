/** upstream: pkg/controller/replicaset/metrics/metrics.go */
import { isPodReady } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { exponentialBuckets } from "#base/metrics.ts";
import type { Effect } from "./runtime/effects.ts";
import { type Measure, measure } from "./runtime/measures.ts";

/** exact: kube-controller-manager, name */
export const deletionAges: Measure = {
  is: "histogram",
  name: "replicaset_controller_sorting_deletion_age_ratio",
  help: "How many times as old as the youngest ready pod those are that are chosen for deletion",
  labels: [],
  buckets: exponentialBuckets(0.25, 2, 6),
};

/** Only pods that are ready count, as upstream. */
export function countAges(
  all: readonly Pod[],
  chosen: readonly Pod[],
  nowMs: number,
): readonly Effect[] {
  const ageMs = ({ metadata }: Pod): number => nowMs - Date.parse(metadata.creationTimestamp ?? "");
  const youngestMs = Math.min(...all.filter(isPodReady).map(ageMs));
  if (!(youngestMs > 0 && youngestMs < Infinity)) return [];
  return chosen
    .filter(isPodReady)
    .map((pod) => measure(deletionAges, [], Math.floor(ageMs(pod) / youngestMs)));
}
