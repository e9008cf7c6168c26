/** Clusters within a test: how soon one is there, and what a fork costs. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ConfigMap } from "k8ts/kinds";
import { type Cluster, createCluster } from "k8ts/testing";
import type { Bench, Row } from "../case.ts";

const objects = 100_000;
const atOnce = 1_000;
const forks = 20;

export const simulation: Bench = {
  name: "simulation",
  summary: "a cluster within a test: createCluster() to the first write, fork()",
  async *run() {
    yield* starting();
    yield* forking();
  },
};

/** In processes of their own: what was compiled by an earlier one would make it quicker. */
async function* starting(): AsyncIterable<Row> {
  const runs: (readonly number[])[] = [];
  for (let i = 0; i < 5; i++) runs.push(await startsInAProcess());
  const [first = 0, second = 0] = [0, 1].map((turn) => median(runs.map((run) => run[turn] ?? 0)));
  const detail = "to the first write; median of five processes";
  yield {
    measure: "createCluster(), the first",
    value: first,
    unit: "ms",
    goal: { most: 100 },
    detail,
  };
  yield { measure: "createCluster(), the second", value: second, unit: "ms", goal: { most: 40 } };
}

async function startsInAProcess(): Promise<readonly number[]> {
  const script = `${import.meta.dirname}/../load/create-cluster.ts`;
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  return JSON.parse(stdout) as readonly number[];
}

async function* forking(): AsyncIterable<Row> {
  await using cluster = await createCluster();
  await using origin = cluster.fork();
  await fill(origin);
  const fork: number[] = [];
  const written: number[] = [];
  for (let i = 0; i < forks; i++) {
    const startedMs = performance.now();
    await using branch = origin.fork();
    fork.push(performance.now() - startedMs);
    await branch.client.create(ConfigMap, { metadata: { namespace: "default", name: "new" } });
    written.push(performance.now() - startedMs);
  }
  const detail = `median of ${forks}; ${median(written).toFixed(1)} ms to its first write`;
  yield {
    measure: `fork() with ${objects} objects`,
    value: median(fork),
    unit: "ms",
    goal: { most: 1 },
    detail,
  };
}

async function fill({ client }: Cluster): Promise<void> {
  for (let i = 0; i < objects; i += atOnce) {
    const metadata = Array.from({ length: atOnce }, (_, j) => ({
      namespace: "default",
      name: `note-${i + j}`,
    }));
    await Promise.all(metadata.map((each) => client.create(ConfigMap, { metadata: each })));
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
