/** `/metrics/resource`. upstream: pkg/kubelet/metrics/collectors/resource_metrics.go */
import { textOf } from "./exposition.ts";
import type { Usage } from "./stats.ts";

const secondsOf = (nanoseconds: number): number => nanoseconds / 1e9;

export function resourceMetrics({ atMs, node, pods }: Usage): string {
  const containers = pods.flatMap(({ namespace, name: pod, containers: own }) =>
    own.map((container) => ({
      ...container,
      labels: { container: container.name, namespace, pod },
    })),
  );
  const groups = pods.flatMap(({ namespace, name: pod, usage }) =>
    usage ? [{ usage, labels: { namespace, pod } }] : [],
  );
  return textOf([
    {
      name: "container_cpu_usage_seconds_total",
      type: "counter",
      help: "Cumulative cpu time consumed by the container in core-seconds",
      samples: containers.map((c) => [c.labels, secondsOf(c.stats.cpuNanoseconds), c.stats.atMs]),
    },
    {
      name: "container_memory_working_set_bytes",
      type: "gauge",
      help: "Current working set of the container in bytes",
      samples: containers.map((c) => [c.labels, c.stats.memoryWorkingSetBytes, c.stats.atMs]),
    },
    {
      name: "container_start_time_seconds",
      type: "gauge",
      help: "Start time of the container since unix epoch in seconds",
      samples: containers.map((c) => [c.labels, c.startedAtMs / 1_000]),
    },
    {
      name: "node_cpu_usage_seconds_total",
      type: "counter",
      help: "Cumulative cpu time consumed by the node in core-seconds",
      samples: node ? [[{}, secondsOf(node.cpuNanoseconds), atMs]] : [],
    },
    {
      name: "node_memory_working_set_bytes",
      type: "gauge",
      help: "Current working set of the node in bytes",
      samples: node ? [[{}, node.workingSetBytes, atMs]] : [],
    },
    {
      name: "pod_cpu_usage_seconds_total",
      type: "counter",
      help: "Cumulative cpu time consumed by the pod in core-seconds",
      samples: groups.map(({ usage, labels }) => [labels, secondsOf(usage.cpuNanoseconds), atMs]),
    },
    {
      name: "pod_memory_working_set_bytes",
      type: "gauge",
      help: "Current working set of the pod in bytes",
      samples: groups.map(({ usage, labels }) => [labels, usage.workingSetBytes, atMs]),
    },
    {
      name: "resource_scrape_error",
      type: "gauge",
      help: "1 if there was an error while getting container metrics, 0 otherwise",
      samples: [[{}, 0]],
    },
  ]);
}
