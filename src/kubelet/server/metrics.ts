/**
 * `/metrics/resource` and the part of `/metrics/cadvisor` that dashboards cannot do without, in
 * Prometheus' text form.
 */
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

interface MachineSize {
  readonly cpus: number;
  readonly memoryBytes: number;
}

export function cadvisorMetrics({ atMs, pods }: Usage, machine: MachineSize): string {
  const containers = pods.flatMap(({ namespace, name: pod, containers: own }) =>
    own.map(({ name, id, image, stats }) => ({
      stats,
      labels: { container: name, id, image, name: id, namespace, pod },
    })),
  );
  return textOf([
    {
      name: "container_cpu_usage_seconds_total",
      type: "counter",
      help: "Cumulative cpu time consumed in seconds.",
      samples: containers.map((c) => [
        { ...c.labels, cpu: "total" },
        secondsOf(c.stats.cpuNanoseconds),
        c.stats.atMs,
      ]),
    },
    {
      name: "container_memory_usage_bytes",
      type: "gauge",
      help: "Current memory usage in bytes, including all memory regardless of when it was accessed",
      samples: containers.map((c) => [c.labels, c.stats.memoryUsageBytes, c.stats.atMs]),
    },
    {
      name: "container_memory_working_set_bytes",
      type: "gauge",
      help: "Current working set in bytes.",
      samples: containers.map((c) => [c.labels, c.stats.memoryWorkingSetBytes, c.stats.atMs]),
    },
    {
      name: "container_fs_usage_bytes",
      type: "gauge",
      help: "Number of bytes that are consumed by the container on this filesystem.",
      samples: containers.map((c) => [c.labels, c.stats.writableLayerBytes, c.stats.atMs]),
    },
    {
      name: "machine_cpu_cores",
      type: "gauge",
      help: "Number of logical CPU cores.",
      samples: [[{}, machine.cpus, atMs]],
    },
    {
      name: "machine_memory_bytes",
      type: "gauge",
      help: "Amount of memory installed on the machine.",
      samples: [[{}, machine.memoryBytes, atMs]],
    },
  ]);
}
