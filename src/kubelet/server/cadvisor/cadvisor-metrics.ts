/**
 * `/metrics/cadvisor`: all that is counted of a node's control groups, as dashboards and tools that
 * reckon costs ask for it. What the kernel does not tell is not there.
 * upstream: pkg/kubelet/server/server.go, google/cadvisor metrics/prometheus.go
 */
import type { MachineFacts } from "#kubelet/ports.ts";
import type { DetailedUsage } from "../detailed-usage.ts";
import { type Family, textOf } from "../exposition.ts";
import { cpuMetrics } from "./cpu.ts";
import { diskMetrics } from "./disks.ts";
import { machineFamilies } from "./machine.ts";
import { memoryMetrics } from "./memory.ts";
import type { Subject, SubjectMetric } from "./metric.ts";
import { networkMetrics } from "./network.ts";
import { pressureMetrics } from "./pressure.ts";
import { specMetrics } from "./spec.ts";
import { subjectsOf } from "./subjects.ts";
import { taskMetrics } from "./tasks.ts";

const metrics: readonly SubjectMetric[] = [
  ...cpuMetrics,
  ...memoryMetrics,
  ...diskMetrics,
  ...networkMetrics,
  ...taskMetrics,
  ...pressureMetrics,
  ...specMetrics,
];

/** Undefined when the node's groups could not be read. */
export function cadvisorMetrics(
  usage: DetailedUsage | undefined,
  machine: MachineFacts | undefined,
): string {
  const subjects = usage ? subjectsOf(usage) : [];
  const families: readonly Family[] = [
    ...metrics.map((metric) => familyOf(metric, subjects)),
    ...machineFamilies(machine),
    {
      name: "container_scrape_error",
      type: "gauge",
      help: "1 if there was an error while getting container metrics, 0 otherwise",
      samples: [[{}, usage ? 0 : 1]],
    },
  ];
  return textOf(families.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

const familyOf = (
  { name, type, help, values, isTimeless }: SubjectMetric,
  subjects: readonly Subject[],
): Family => ({
  name,
  type,
  help,
  samples: subjects.flatMap((subject) =>
    values(subject).flatMap(([value, own]): Family["samples"] => {
      if (value === undefined) return [];
      const labels = { ...subject.labels, ...own };
      return [isTimeless ? [labels, value] : [labels, value, subject.atMs]];
    }),
  ),
});
