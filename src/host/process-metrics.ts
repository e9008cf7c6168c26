/** What Prometheus clients of every language tell about their own process. */
import { readdirSync } from "node:fs";
import type { Metrics } from "#base/metrics.ts";

export function addProcessMetrics(metrics: Metrics): void {
  const startedSeconds = Date.now() / 1_000 - process.uptime();
  const facts: readonly (readonly [string, string, () => number, "counter"?])[] = [
    ["process_cpu_seconds_total", "User and system CPU time in seconds.", cpuSeconds, "counter"],
    ["process_resident_memory_bytes", "Resident memory in bytes.", () => process.memoryUsage.rss()],
    ["process_open_fds", "Open file descriptors.", openFiles],
    ["process_start_time_seconds", "Start of the process since the epoch.", () => startedSeconds],
  ];
  for (const [name, help, read, type = "gauge"] of facts)
    metrics.observed({ name, help, type }, () => [[[], read()]]);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function openFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0; // Not Linux.
  }
}
