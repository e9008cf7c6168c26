/** What probes found. upstream: pkg/kubelet/prober/prober_manager.go, served at `/metrics/probes` */
import type { Metrics } from "#base/metrics.ts";
import type { Ended } from "./tasks.ts";
import type { PodState } from "../pod/state.ts";

const probeTypes = { startup: "Startup", readiness: "Readiness", liveness: "Liveness" } as const;
const results = ["successful", "failed", "unknown"] as const;

const totalOf = (metrics: Metrics) =>
  metrics.counter(
    "prober_probe_total",
    "Cumulative number of a liveness, readiness or startup probe for a container by result.",
    ["probe_type", "result", "container", "pod", "namespace", "pod_uid"],
  );

const durationOf = (metrics: Metrics) =>
  metrics.histogram("prober_probe_duration_seconds", "Duration in seconds for a probe response.", [
    "probe_type",
    "container",
    "pod",
    "namespace",
  ]);

export function noteProbe(
  metrics: Metrics,
  { task, outcome, seconds, state }: Ended<"probe">,
): void {
  const { uid, name, namespace } = state;
  const type = probeTypes[task.probe];
  const result = !outcome.ok ? "unknown" : outcome.isHealthy ? "successful" : "failed";
  totalOf(metrics).with(type, result, task.container, name, namespace, uid).inc();
  durationOf(metrics).with(type, task.container, name, namespace).observe(seconds);
}

/** The pod is gone, and nobody asks how its probes went. */
export function forgetProbes(metrics: Metrics, { uid, name, namespace, pod }: PodState): void {
  const containers = [...(pod?.spec.initContainers ?? []), ...(pod?.spec.containers ?? [])];
  for (const { name: container } of containers)
    for (const type of Object.values(probeTypes)) {
      for (const result of results)
        totalOf(metrics).remove(type, result, container, name, namespace, uid);
      durationOf(metrics).remove(type, container, name, namespace);
    }
}
