/** What a load run found, for people: against what Kubernetes promises of itself. */
import type { Latency } from "./api-latency.ts";
import type { LoadResult, LoadState } from "./load-run.ts";
import type { Percentiles } from "./samples.ts";

export interface LoadFindings extends LoadResult {
  readonly nodes: number;
  readonly pods: number;
  readonly totalMs: number;
  readonly api: { readonly mutating: Latency; readonly reading: Latency };
  readonly usage: { readonly cpuMs: number; readonly peakBytes: number };
}

const number = (value: number): string => Math.round(value).toLocaleString("en-US");
const secondsText = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const msText = (ms: number): string =>
  ms === Infinity ? "more than any bucket" : ms >= 1_000 ? secondsText(ms) : `${number(ms)} ms`;

const tellMs = 90;
const barWidth = 20;

/** A bar and live rates for the line that turns. */
export function teller(
  { nodes, pods }: { readonly nodes: number; readonly pods: number },
  say: (detail: string) => void,
): (state: LoadState) => void {
  const before: LoadState[] = [];
  return (state) => {
    if (before[0]?.phase !== state.phase) before.length = 0;
    const isSoon = state.elapsedMs - (before.at(-1)?.elapsedMs ?? -Infinity) < tellMs;
    if (!isSoon) before.push(state);
    // Over the last second or so.
    if (before.length > 12) before.shift();
    const [first = state] = before;
    const passed = Math.max(state.elapsedMs - first.elapsedMs, 1) / 1_000;
    const rate = (of: (s: LoadState) => number): string =>
      `${number((of(state) - of(first)) / passed)}/s`;
    if (state.phase === "nodes") return say(`${bar(state.nodesReady / nodes)} nodes ready`);
    const share = state.phase === "churn" ? 1 : state.started / pods;
    const done = [
      `created ${number(state.created)} ${rate((s) => s.created)}`,
      `scheduled ${number(state.scheduled)} ${rate((s) => s.scheduled)}`,
      `running ${number(state.started)} ${rate((s) => s.started)}`,
    ];
    say(`${bar(share)} ${done.join(", ")}, ${secondsText(state.elapsedMs)}`);
  };
}

function bar(share: number): string {
  const full = Math.min(Math.round(share * barWidth), barWidth);
  return `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${Math.floor(share * 100)} %`;
}

export function summary(found: LoadFindings): string {
  const { nodes, pods, nodesMs, podsMs, churn, startup, scheduling, api, usage } = found;
  const perSecond = (count: number, ms: number): string => `${number((count * 1_000) / ms)}/s`;
  const lines = [
    `nodes ready         ${number(nodes)} in ${secondsText(nodesMs)}`,
    `pods running        ${number(pods)} in ${secondsText(podsMs)} (${perSecond(pods, podsMs)})`,
    ...(churn
      ? [
          `pods replaced       ${number(churn.started)} in ${secondsText(churn.ms)} (${perSecond(churn.started, churn.ms)})`,
        ]
      : []),
    "",
    `                    ${["p50", "p90", "p99"].map((name) => name.padStart(10)).join("")}   SLO`,
    percentilesLine("created → scheduled", scheduling, ""),
    percentilesLine("created → running", startup, verdict(startup.p99Ms, 5_000)),
    latencyLine("API, mutating", api.mutating, verdict(api.mutating.p99Ms, 1_000)),
    latencyLine("API, reading", api.reading, verdict(api.reading.p99Ms, 1_000)),
    "",
    `CPU ${secondsText(usage.cpuMs)}, memory at its peak ${number(usage.peakBytes / 2 ** 20)} MiB`,
    "The SLO of pod start-up is about a cluster that is not filled at once: here pods wait for each other.",
  ];
  return lines.join("\n");
}

const verdict = (p99Ms: number, mostMs: number): string =>
  `p99 ≤ ${secondsText(mostMs)}: ${p99Ms <= mostMs ? "kept" : "not kept"}`;

const row = (title: string, cells: readonly string[], slo: string): string =>
  `${title.padEnd(20)}${cells.map((cell) => cell.padStart(10)).join("")}   ${slo}`.trimEnd();

const percentilesLine = (title: string, { p50Ms, p90Ms, p99Ms }: Percentiles, slo: string) =>
  row(title, [p50Ms, p90Ms, p99Ms].map(msText), slo);

/** Out of a histogram: at most so much. */
const latencyLine = (title: string, { p50Ms, p99Ms }: Latency, slo: string): string =>
  row(title, [`≤ ${msText(p50Ms)}`, "", `≤ ${msText(p99Ms)}`], slo);
