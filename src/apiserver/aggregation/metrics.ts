/** Which services cannot serve. upstream: kube-aggregator/pkg/controllers/status/metrics/metrics.go */
import { APIService } from "#api/apiregistration/apiservice.ts";
import type { Metrics, Sample } from "#base/metrics.ts";
import type { Reader } from "../registry/registry.ts";
import { isAvailable } from "./directory.ts";

/** To be told when one stops being available, and why. */
export function observeAvailability(
  metrics: Metrics,
  reader: Reader,
): (name: string, reason: string) => void {
  const options = {
    name: "aggregator_unavailable_apiservice",
    help: "Gauge of APIServices which are marked as unavailable broken down by APIService name.",
    labels: ["name"],
  };
  metrics.observed(options, () =>
    reader
      .list(APIService, "")
      .map(({ object }): Sample => [[object.metadata.name ?? ""], isAvailable(object) ? 0 : 1]),
  );
  const total = metrics.counter(
    "aggregator_unavailable_apiservice_total",
    "Counter of APIServices which are marked as unavailable broken down by APIService name and reason.",
    ["name", "reason"],
  );
  return (name, reason) => total.with(name, reason).inc();
}
