/** What does not change from moment to moment: limits and starts. exact: cadvisor */
import type { GroupBounds } from "#kubelet/group-details.ts";
import type { SubjectMetric } from "./metric.ts";

const bound = (
  name: string,
  help: string,
  valueOf: (bounds: GroupBounds) => number | undefined,
): SubjectMetric => ({
  name: `container_spec_${name}`,
  type: "gauge",
  help,
  isTimeless: true,
  values: ({ details }) => (details?.bounds ? [[valueOf(details.bounds)]] : []),
});

export const specMetrics: readonly SubjectMetric[] = [
  {
    name: "container_start_time_seconds",
    type: "gauge",
    help: "Start time of the container since unix epoch in seconds.",
    isTimeless: true,
    values: ({ startedAtMs }) =>
      startedAtMs === undefined ? [] : [[Math.floor(startedAtMs / 1_000)]],
  },
  {
    name: "container_last_seen",
    type: "gauge",
    help: "Last time a container was seen by the exporter",
    values: ({ atMs }) => [[Math.floor(atMs / 1_000)]],
  },
  bound(
    "cpu_period",
    "CPU period of the container.",
    ({ cpuPeriodMicroseconds }) => cpuPeriodMicroseconds,
  ),
  bound(
    "cpu_quota",
    "CPU quota of the container.",
    ({ cpuQuotaMicroseconds }) => cpuQuotaMicroseconds,
  ),
  bound("cpu_shares", "CPU share of the container.", ({ cpuShares }) => cpuShares),
  bound("memory_limit_bytes", "Memory limit for the container.", ({ memoryBytes }) => memoryBytes),
  bound(
    "memory_reservation_limit_bytes",
    "Memory reservation limit for the container.",
    ({ reservedBytes }) => reservedBytes,
  ),
  bound(
    "memory_swap_limit_bytes",
    "Memory swap limit for the container.",
    ({ memoryBytes, memoryAndSwapBytes, swapBytes }) =>
      memoryAndSwapBytes ?? (memoryBytes === undefined ? undefined : (swapBytes ?? 0)),
  ),
];
