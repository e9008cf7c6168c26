/** 100,000 pods: what they occupy, how soon a list of them begins, and whether others have to wait for it. */
import type { Bench, BenchOptions, Row } from "../case.ts";
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
    const asked = created.toLocaleString("en-US");
    yield await memory(server, `${asked} pods in memory`);
    const alone = await askOthers(server, options);
    yield waiting("get with nothing beside it, p99", alone);
    const others = askOthers(server, options);
    const found = await listAll(server);
    const beside = await others;
    yield {
      measure: "list of all pods, first byte",
      value: median(found.map(({ firstMs }) => firstMs)) / 1_000,
      unit: "s",
      goal: { most: goals.firstSeconds },
      detail: `${((found[0]?.bytes ?? 0) / mebibyte).toFixed(0)} MiB in ${(median(found.map(({ wholeMs }) => wholeMs)) / 1_000).toFixed(1)} s`,
    };
    yield { ...waiting("get beside such lists, p99", beside), goal: { most: goals.othersSeconds } };
    yield await memory(server, "after such lists");
    await new Promise((resolve) => void setTimeout(resolve, restMs));
    yield await memory(server, "at rest");
  },
};

/** Long enough for a process at rest to notice that it is: see src/host/idle-memory.ts. */
const restMs = 45_000;

async function memory(server: ServerProcess<ControlPlane>, measure: string): Promise<Row> {
  const { residentBytes, fileBytes } = await server.ask({ ask: "usage" });
  return {
    measure,
    value: residentBytes / mebibyte,
    unit: "MiB",
    goal: { most: goals.residentMiB },
    detail: `${(fileBytes / mebibyte).toFixed(0)} MiB of it are files: program and store`,
  };
}

const waiting = (measure: string, { p50Ms, p99Ms }: LoadResult): Row => ({
  measure,
  value: p99Ms / 1_000,
  unit: "s",
  detail: `p50 ${p50Ms.toFixed(1)} ms, 4 connections`,
});

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
