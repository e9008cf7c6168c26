/** `/metrics/resource`. upstream: pkg/kubelet/metrics/collectors/resource_metrics.go */
import { type Family, type LabelSet, textOf } from "./exposition.ts";
import type { ContainerUsage, PodUsage, Usage } from "./stats.ts";
import type { SwapOf } from "./swap.ts";

type Sample = Family["samples"][number];

/** What the samples of a metric are made from. */
interface Reading {
  readonly usage: Usage;
  readonly swapOf: SwapOf;
}

interface ResourceMetric extends Omit<Family, "samples"> {
  readonly samples: (reading: Reading) => readonly Sample[];
}

const secondsOf = (nanoseconds: number): number => nanoseconds / 1e9;

const sample = (labels: LabelSet, value: number | undefined, atMs?: number): readonly Sample[] =>
  value === undefined ? [] : [atMs === undefined ? [labels, value] : [labels, value, atMs]];

type OfContainer = (one: ContainerUsage, swapOf: SwapOf) => number | undefined;

const ofContainers =
  (valueOf: OfContainer) =>
  ({ usage: { pods }, swapOf }: Reading): readonly Sample[] =>
    pods.flatMap(({ namespace, name: pod, containers }) =>
      containers.flatMap((one) =>
        sample({ container: one.name, namespace, pod }, valueOf(one, swapOf), one.stats.atMs),
      ),
    );

const ofPods =
  (valueOf: (pod: PodUsage, swapOf: SwapOf) => number | undefined) =>
  ({ usage: { pods, atMs }, swapOf }: Reading): readonly Sample[] =>
    pods.flatMap((pod) =>
      sample({ namespace: pod.namespace, pod: pod.name }, valueOf(pod, swapOf), atMs),
    );

/** exact: kubelet. Its older `scrape_error` has been hidden since 1.29. */
const metrics: readonly ResourceMetric[] = [
  {
    name: "container_cpu_usage_seconds_total",
    type: "counter",
    help: "Cumulative cpu time consumed by the container in core-seconds",
    samples: ofContainers(({ stats }) => secondsOf(stats.cpuNanoseconds)),
  },
  {
    name: "container_memory_working_set_bytes",
    type: "gauge",
    help: "Current working set of the container in bytes",
    samples: ofContainers(({ stats }) => stats.memoryWorkingSetBytes),
  },
  {
    name: "container_start_time_seconds",
    type: "gauge",
    help: "Start time of the container since unix epoch in seconds",
    samples: ({ usage: { pods } }) =>
      pods.flatMap(({ namespace, name: pod, containers }) =>
        containers.flatMap(({ name: container, startedAtMs }) =>
          sample({ container, namespace, pod }, startedAtMs / 1_000),
        ),
      ),
  },
  {
    name: "container_swap_limit_bytes",
    type: "gauge",
    help: "Current amount of the container swap limit in bytes. Reported only on non-windows systems",
    samples: ofContainers(({ id }, swapOf) => swapOf(id)?.limitBytes),
  },
  {
    name: "container_swap_usage_bytes",
    type: "gauge",
    help: "Current amount of the container swap usage in bytes. Reported only on non-windows systems",
    samples: ofContainers(({ id }, swapOf) => swapOf(id)?.usedBytes),
  },
  {
    name: "node_cpu_usage_seconds_total",
    type: "counter",
    help: "Cumulative cpu time consumed by the node in core-seconds",
    samples: ({ usage: { node, atMs } }) =>
      sample({}, node && secondsOf(node.cpuNanoseconds), atMs),
  },
  {
    name: "node_memory_working_set_bytes",
    type: "gauge",
    help: "Current working set of the node in bytes",
    samples: ({ usage: { node, atMs } }) => sample({}, node?.workingSetBytes, atMs),
  },
  {
    name: "node_swap_usage_bytes",
    type: "gauge",
    help: "Current swap usage of the node in bytes. Reported only on non-windows systems",
    samples: ({ usage: { atMs }, swapOf }) => sample({}, swapOf("/")?.usedBytes, atMs),
  },
  {
    name: "pod_cpu_usage_seconds_total",
    type: "counter",
    help: "Cumulative cpu time consumed by the pod in core-seconds",
    samples: ofPods(({ usage }) => usage && secondsOf(usage.cpuNanoseconds)),
  },
  {
    name: "pod_memory_working_set_bytes",
    type: "gauge",
    help: "Current working set of the pod in bytes",
    samples: ofPods(({ usage }) => usage?.workingSetBytes),
  },
  {
    name: "pod_swap_usage_bytes",
    type: "gauge",
    help: "Current amount of the pod swap usage in bytes. Reported only on non-windows systems",
    // A pod without a group has not begun.
    samples: ofPods(({ uid, usage }, swapOf) => usage && swapOf(uid)?.usedBytes),
  },
];

/** Undefined when the node's groups could not be read. */
export function resourceMetrics(usage: Usage | undefined, swapOf: SwapOf): string {
  const families = metrics.map(({ samples, ...metric }): Family => ({
    ...metric,
    samples: usage ? samples({ usage, swapOf }) : [],
  }));
  const error: Family = {
    name: "resource_scrape_error",
    type: "gauge",
    help: "1 if there was an error while getting container metrics, 0 otherwise",
    samples: [[{}, usage ? 0 : 1]],
  };
  return textOf([...families, error]);
}
