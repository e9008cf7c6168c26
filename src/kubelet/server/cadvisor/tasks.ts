/**
 * exact: cadvisor
 * differs: /metrics/cadvisor tells neither of open files and sockets nor of ulimits: each process had to be looked at.
 */
import { gauge, type SubjectMetric } from "./metric.ts";

export const taskMetrics: readonly SubjectMetric[] = [
  gauge(
    "container_processes",
    "Number of processes running inside the container.",
    ({ processes }) => processes,
  ),
  gauge(
    "container_threads",
    "Number of threads running inside the container",
    ({ threads }) => threads,
  ),
  gauge(
    "container_threads_max",
    "Maximum number of threads allowed inside the container, infinity if value is zero",
    ({ threadsMax }) => threadsMax,
  ),
];
