/** exact: cadvisor */
import type { PageFaults } from "#kubelet/group-details.ts";
import { counter, gauge, type SubjectMetric, type Value } from "./metric.ts";

const faults = (scope: string, counted: PageFaults | undefined): readonly Value[] => [
  [counted?.all, { failure_type: "pgfault", scope }],
  [counted?.major, { failure_type: "pgmajfault", scope }],
];

export const memoryMetrics: readonly SubjectMetric[] = [
  gauge(
    "container_memory_usage_bytes",
    "Current memory usage in bytes, including all memory regardless of when it was accessed",
    ({ memoryBytes }) => memoryBytes,
  ),
  gauge(
    "container_memory_working_set_bytes",
    "Current working set in bytes.",
    ({ workingSetBytes }) => workingSetBytes,
  ),
  gauge("container_memory_rss", "Size of RSS in bytes.", ({ memory }) => memory?.anonymous),
  gauge(
    "container_memory_cache",
    "Number of bytes of page cache memory.",
    ({ memory }) => memory?.cache,
  ),
  gauge("container_memory_swap", "Container swap usage in bytes.", ({ memory }) => memory?.swap),
  gauge(
    "container_memory_mapped_file",
    "Size of memory mapped files in bytes.",
    ({ memory }) => memory?.mappedFile,
  ),
  gauge(
    "container_memory_kernel_usage",
    "Size of kernel memory allocated in bytes.",
    ({ memory }) => memory?.kernel,
  ),
  gauge(
    "container_memory_max_usage_bytes",
    "Maximum memory usage recorded in bytes",
    ({ memory }) => memory?.highest,
  ),
  gauge(
    "container_memory_total_active_file_bytes",
    "Current total active file in bytes.",
    ({ memory }) => memory?.activeFile,
  ),
  gauge(
    "container_memory_total_inactive_file_bytes",
    "Current total inactive file in bytes.",
    ({ memory }) => memory?.inactiveFile,
  ),
  counter(
    "container_memory_failcnt",
    "Number of memory usage hits limits",
    ({ memory }) => memory?.limitHits,
  ),
  {
    name: "container_memory_failures_total",
    type: "counter",
    help: "Cumulative count of memory allocation failures.",
    values: ({ details }) => [
      ...faults("container", details?.memory?.ownFaults),
      ...faults("hierarchy", details?.memory?.faults),
    ],
  },
  counter(
    "container_oom_events_total",
    "Count of out of memory events observed for the container",
    ({ outOfMemoryKills }) => outOfMemoryKills,
  ),
];
