/** exact: cadvisor */
import type { GroupDetails, Throttling } from "#kubelet/group-details.ts";
import { counter, seconds, type SubjectMetric } from "./metric.ts";

/** Only a group with a quota can spend it. */
const throttled =
  (valueOf: (throttling: Throttling) => number | undefined) =>
  ({ throttling, bounds }: GroupDetails): number | undefined =>
    throttling && bounds?.cpuQuotaMicroseconds !== undefined ? valueOf(throttling) : undefined;

export const cpuMetrics: readonly SubjectMetric[] = [
  {
    name: "container_cpu_usage_seconds_total",
    type: "counter",
    help: "Cumulative cpu time consumed in seconds.",
    values: ({ details }) => [[seconds(details?.cpuNanoseconds), { cpu: "total" }]],
  },
  counter(
    "container_cpu_user_seconds_total",
    "Cumulative user cpu time consumed in seconds.",
    ({ cpuTimes }) => seconds(cpuTimes?.user),
  ),
  counter(
    "container_cpu_system_seconds_total",
    "Cumulative system cpu time consumed in seconds.",
    ({ cpuTimes }) => seconds(cpuTimes?.system),
  ),
  counter(
    "container_cpu_cfs_periods_total",
    "Number of elapsed enforcement period intervals.",
    throttled(({ periods }) => periods),
  ),
  counter(
    "container_cpu_cfs_throttled_periods_total",
    "Number of throttled period intervals.",
    throttled(({ throttledPeriods }) => throttledPeriods),
  ),
  counter(
    "container_cpu_cfs_throttled_seconds_total",
    "Total time duration the container has been throttled.",
    throttled(({ throttledNanoseconds }) => seconds(throttledNanoseconds)),
  ),
  counter(
    "container_cpu_cfs_burst_periods_total",
    "Number of periods when burst occurs.",
    throttled(({ burstPeriods }) => burstPeriods),
  ),
  counter(
    "container_cpu_cfs_burst_seconds_total",
    "Total time duration the container has been bursted.",
    throttled(({ burstNanoseconds }) => seconds(burstNanoseconds)),
  ),
];
