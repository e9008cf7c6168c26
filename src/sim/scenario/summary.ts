/** A life in a few lines. */
import type { Life } from "./run.ts";

const number = (value: number): string => Math.round(value).toLocaleString("en-US");
const time = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

export function spanText(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 48 ? `${(hours / 24).toFixed(1)} days` : `${hours.toFixed(1)} hours`;
}

export function summary(
  { durationMs, nodes, steps, totals, series }: Life,
  tookSeconds: number,
): string {
  const last = (column: readonly number[]): string => number(column.at(-1) ?? 0);
  const { created, started, restarts, scheduling, startup } = totals;
  return [
    `${spanText(durationMs)} of ${number(nodes)} nodes in ${tookSeconds.toFixed(1)} s; ${number(steps.length)} steps`,
    `pods created        ${number(created)}, started ${number(started)}, restarted ${number(restarts)}`,
    `created → scheduled p50 ${time(scheduling.p50Ms)}, p99 ${time(scheduling.p99Ms)}`,
    `created → running   p50 ${time(startup.p50Ms)}, p99 ${time(startup.p99Ms)}`,
    `at the end          ${last(series.nodesReady)} nodes ready; pods: ${last(series.podsReady)} ready, ${last(series.podsStarting)} starting, ${last(series.podsPending)} pending, ${last(series.podsFailed)} failed`,
    "",
  ].join("\n");
}
