/** How checks of a component's health went, as all components of Kubernetes tell it. */
import type { Metrics } from "./metrics.ts";

/** Is told how every check went, by the path that asked. */
export type HealthObserver = (name: string, path: string, isWell: boolean) => void;

/** How checks went, for whoever watches the server. */
export function healthMetrics(metrics: Metrics): HealthObserver {
  const state = metrics.gauge(
    "kubernetes_healthcheck",
    "This metric records the result of a single healthcheck.",
    ["name", "type"],
  );
  const total = metrics.counter(
    "kubernetes_healthchecks_total",
    "This metric records the results of all healthcheck.",
    ["name", "status", "type"],
  );
  return (name, path, isWell) => {
    state.with(name, path).set(isWell ? 1 : 0);
    total.with(name, isWell ? "success" : "error", path).inc();
  };
}
