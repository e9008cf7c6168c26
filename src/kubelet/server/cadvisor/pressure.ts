/** How long processes waited for what they need. exact: cadvisor */
import { counter, type SubjectMetric } from "./metric.ts";

const resources = [
  ["cpu", "CPU"],
  ["memory", "memory"],
  ["io", "IO"],
] as const;

const seconds = (microseconds: number | undefined): number | undefined =>
  microseconds === undefined ? undefined : microseconds / 1e6;

export const pressureMetrics: readonly SubjectMetric[] = resources.flatMap(([resource, spoken]) => [
  counter(
    `container_pressure_${resource}_stalled_seconds_total`,
    `Total time duration no tasks in the container could make progress due to ${spoken} congestion.`,
    ({ pressure }) => seconds(pressure?.[resource]?.full.totalMicroseconds),
  ),
  counter(
    `container_pressure_${resource}_waiting_seconds_total`,
    `Total time duration tasks in the container have waited due to ${spoken} congestion.`,
    ({ pressure }) => seconds(pressure?.[resource]?.some.totalMicroseconds),
  ),
]);
