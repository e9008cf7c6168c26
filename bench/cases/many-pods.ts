/** 100,000 pods: what they occupy, how soon a list of them begins, and whether others have to wait for it. */
import type { Bench, BenchOptions } from "../case.ts";
import { type Download, download } from "../load/https.ts";
import { type LoadResult, wrk } from "../load/wrk.ts";
import { type ServerProcess, startServer } from "../servers/process.ts";

interface ControlPlane {
  readonly url: string;
  readonly token: string;
  readonly namespace: string;
}

const podsMin = 100_000;
const mebibyte = 2 ** 20;
const goals = { residentMiB: 600, firstSeconds: 0.05, othersSeconds: 0.02 } as const;
const lists = 5;

export const manyPods: Bench = {
  name: "many-pods",
  summary: "100,000 pods: memory, a list of them all, and other requests meanwhile",
  async *run(options) {
    await using server = await startServer<ControlPlane>("control-plane");
    const created = await createAll(server);
    const { residentBytes } = await server.ask({ ask: "usage" });
    yield {
      measure: `${created.toLocaleString("en-US")} pods in memory`,
      value: residentBytes / mebibyte,
      unit: "MiB",
      goal: { most: goals.residentMiB },
    };
    const others = askOthers(server, options);
    const found = await listAll(server);
    const { p50Ms, p99Ms } = await others;
    yield {
      measure: "list of all pods, first byte",
      value: median(found.map(({ firstMs }) => firstMs)) / 1_000,
      unit: "s",
      goal: { most: goals.firstSeconds },
      detail: `${((found[0]?.bytes ?? 0) / mebibyte).toFixed(0)} MiB in ${(median(found.map(({ wholeMs }) => wholeMs)) / 1_000).toFixed(1)} s`,
    };
    yield {
      measure: "get beside such lists, p99",
      value: p99Ms / 1_000,
      unit: "s",
      goal: { most: goals.othersSeconds },
      detail: `p50 ${p50Ms.toFixed(1)} ms, 4 connections`,
    };
  },
};

async function createAll({
  told: { url, token, namespace },
}: ServerProcess<ControlPlane>): Promise<number> {
  let created = 0;
  for (let run = 0; created < podsMin; run++) {
    const env = { TOKEN: token, NS: namespace, RUN: `p${run}` };
    const load = { script: "create-pods", url, connections: 64, seconds: 2, env } as const;
    const { requests, failed } = await wrk(load);
    if (failed > 0) throw new Error(`${failed} of ${requests} pods were refused`);
    created += requests;
  }
  return created;
}

function askOthers(
  { told: { url, token, namespace } }: ServerProcess<ControlPlane>,
  { seconds }: BenchOptions,
): Promise<LoadResult> {
  const env = { TOKEN: token, URLPATH: `/api/v1/namespaces/${namespace}/configmaps/one` };
  return wrk({ script: "get", url, connections: 4, seconds, env });
}

async function listAll({ told }: ServerProcess<ControlPlane>): Promise<Download[]> {
  const found: Download[] = [];
  for (let i = 0; i < lists; i++) found.push(await download(told, "/api/v1/pods"));
  return found;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
