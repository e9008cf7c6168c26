/** upstream: pkg/controller/certificates/rootcacertpublisher/metrics.go */
import type { Namespace } from "#api/core/namespace.ts";
import { ApiError } from "#api/errors.ts";
import { exponentialBuckets } from "#base/metrics.ts";
import { type Effect, fail, failureIn, type Outcome } from "./runtime/effects.ts";
import { measure, type Measure, measured, type Meter } from "./runtime/measures.ts";

// exact: kube-controller-manager, names
const syncs: Measure = {
  is: "counter",
  name: "root_ca_cert_publisher_sync_total",
  help: "Looks at namespaces, by how the API server answered",
  labels: ["code"],
};
const seconds: Measure = {
  is: "histogram",
  name: "root_ca_cert_publisher_sync_duration_seconds",
  help: "How long looks at namespaces took",
  labels: ["code"],
  buckets: exponentialBuckets(0.001, 2, 15),
};

export const rootCaMeter: Meter<Namespace> = {
  measures: [syncs, seconds],
  looked: ({ isFailed }) =>
    isFailed ? [] : [measured(syncs, ["200"]), measured(seconds, ["200"], "elapsed")],
};

/** What did not go well is counted by its code, and fails. */
export function countFailure(outcomes: readonly Outcome[]): readonly Effect[] {
  const cause = failureIn(outcomes);
  if (cause === undefined) return [];
  const code = [String(cause instanceof ApiError ? cause.code : 500)];
  return [measure(syncs, code), measure(seconds, code, "elapsed"), fail(cause)];
}
