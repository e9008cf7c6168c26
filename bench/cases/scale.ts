/** Many nodes and many clusters in one process. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import type { Bench, Row } from "../case.ts";

const nodes = 1_000;
const pods = 30_000;
const clusters = 100;
const mebibyte = 2 ** 20;

export const scale: Bench = {
  name: "scale",
  summary: "k8ts simulate, a virtual day of 100 nodes, a thousand small clusters",
  async *run() {
    yield* filling();
    yield await virtualDay();
    yield await smallClusters();
  },
};

interface Found {
  readonly podsMs: number;
  readonly startup: { readonly p99Ms: number };
  readonly usage: { readonly cpuMs: number; readonly peakBytes: number };
}

async function* filling(): AsyncIterable<Row> {
  const program = resolve(import.meta.dirname, "../../k8ts");
  const args = ["simulate", `--nodes=${nodes}`, `--pods=${pods}`, "--output=json"];
  const { podsMs, startup, usage } = await json<Found>(program, args);
  const cpuEach = Math.round((usage.cpuMs * 1_000) / pods);
  const startupText = `start-up p99 ${(startup.p99Ms / 1_000).toFixed(1)} s`;
  yield {
    measure: "simulate: pods started",
    value: (pods * 1_000) / podsMs,
    unit: "pods/s",
    goal: { least: 2_500 },
    detail: `${pods} on ${nodes} nodes; ${startupText}, CPU ${cpuEach} µs each`,
  };
  yield { measure: "simulate: memory at its peak", value: usage.peakBytes / mebibyte, unit: "MiB" };
}

interface Hour {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const nodesOfADay = 100;
const renewalsAnHour = 360;

/** The second hour stands for all that follow: each is like the other. */
async function virtualDay(): Promise<Row> {
  const [first, second] = await script<readonly [Hour, Hour]>("virtual-hour.ts", nodesOfADay);
  const dayOf = (one: keyof Hour): number => first[one] + second[one] * 23;
  const each = Math.round((second.cpuSeconds * 1e6) / (nodesOfADay * renewalsAnHour));
  return {
    measure: "24 virtual hours of 100 nodes",
    value: dayOf("seconds"),
    unit: "s",
    goal: { most: 30 },
    detail: `CPU ${dayOf("cpuSeconds").toFixed(0)} s; ${each} µs a lease renewal with all that belongs to it`,
  };
}

async function smallClusters(): Promise<Row> {
  const { before, bytesEach } = await script<{ before: number; bytesEach: number }>(
    "small-clusters.ts",
    clusters,
  );
  return {
    measure: "1,000 small clusters",
    value: (before + bytesEach * 1_000) / mebibyte,
    unit: "MiB",
    goal: { most: 4_096 },
    detail: `ten times ${clusters}; ${(bytesEach / mebibyte).toFixed(1)} MiB each`,
  };
}

const script = <T>(name: string, count: number): Promise<T> =>
  json(process.execPath, [resolve(import.meta.dirname, "../load", name), String(count)]);

async function json<T>(program: string, args: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(program, args);
  return JSON.parse(stdout) as T;
}
