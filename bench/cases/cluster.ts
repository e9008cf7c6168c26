/** A whole cluster on this machine: how soon it is there, and what it costs. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { eventually, startCluster, type TestCluster } from "../../tests/cluster.ts";
import type { Bench, Row } from "../case.ts";

const image = "k8ts.local/pause:2";
const restMs = 30_000;
const mebibyte = 2 ** 20;

export const wholeCluster: Bench = {
  name: "cluster",
  summary: "a cluster with real containers: starting, pods, memory, CPU at rest",
  async *run() {
    await using cluster = await startCluster();
    await eventually(() => cluster.kubectl("get serviceaccount default"));
    yield* starting(cluster);
    yield* podsReady(cluster);
    yield* atRest(cluster);
  },
};

/** Warm: after `k8ts down`, as on every other day. From the command to the state. */
async function* starting(cluster: TestCluster): AsyncIterable<Row> {
  await cluster.k8ts("down");
  const startedMs = performance.now();
  const isUp = cluster.k8ts("up");
  const ready = `https://${cluster.address}:6443/readyz`;
  await eventually(() => cluster.get(ready), { everyMs: 10 });
  const apiMs = performance.now() - startedMs;
  await isUp;
  const nodeMs = performance.now() - startedMs;
  yield { measure: "API server ready", value: apiMs / 1000, unit: "s", goal: { most: 0.7 } };
  yield { measure: "node Ready, up is done", value: nodeMs / 1000, unit: "s", goal: { most: 3 } };
}

async function* podsReady(cluster: TestCluster): AsyncIterable<Row> {
  await podsMs(cluster, 1);
  const one: number[] = [];
  for (let i = 0; i < 5; i++) one.push(await podsMs(cluster, 1));
  const median = one.toSorted((a, b) => a - b)[2] ?? 0;
  const detail = "median of five";
  yield { measure: "one pod Ready", value: median / 1000, unit: "s", goal: { most: 0.5 }, detail };
  const all = await podsMs(cluster, 30);
  yield { measure: "30 pods Ready", value: all / 1000, unit: "s", goal: { most: 3.9 } };
}

async function podsMs({ machine, address, data, kubectl }: TestCluster, count: number) {
  const identity = ["crt", "key"].map((ending) => `${data}/pki/admin.${ending}`);
  const script = `${import.meta.dirname}/../load/pods.ts`;
  const args = [script, `https://${address}:6443`, ...identity, image, String(count)];
  const { code, stdout, stderr } = await machine.run(process.execPath, args);
  if (code !== 0) throw new Error(stderr);
  await kubectl("wait --for=delete pod -l bench=yes --timeout=60s");
  return (JSON.parse(stdout) as { ms: number }).ms;
}

/** Of all processes that are k8ts: the two of the cluster, and the name server in its pod. */
async function* atRest({ data }: TestCluster): AsyncIterable<Row> {
  await delay(restMs / 3);
  const before = await usageOf(data);
  await delay(restMs);
  const after = await usageOf(data);
  const share = (100 * (after.cpuMs - before.cpuMs)) / restMs;
  const bytes = after.residentBytes / mebibyte;
  const detail = after.each.map((each) => (each / mebibyte).toFixed(0)).join(" + ");
  yield {
    measure: "memory of all processes",
    value: bytes,
    unit: "MiB",
    goal: { most: 300 },
    detail,
  };
  yield { measure: "CPU at rest", value: share, unit: "% of a core", goal: { most: 1 } };
}

interface Usage {
  readonly cpuMs: number;
  readonly residentBytes: number;
  readonly each: readonly number[];
}

const tickMs = 10;
const pageBytes = 4096;

async function usageOf(data: string): Promise<Usage> {
  let cpuMs = 0;
  const each: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(gone);
    const isProcess = commandLine.includes("k8ts.mjs\0serve") && commandLine.includes(data);
    const isAddon = commandLine.includes("/k8ts/addon.mjs");
    if (!isProcess && !(isAddon && (await isOurs(pid)))) continue;
    const stat = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
    cpuMs += (Number(stat[11]) + Number(stat[12])) * tickMs;
    each.push(Number(stat[21]) * pageBytes);
  }
  return { cpuMs, residentBytes: each.reduce((sum, bytes) => sum + bytes, 0), each };
}

/** Another cluster may run on this machine: a pod of ours has our shim above it. */
async function isOurs(pid: string): Promise<boolean> {
  const [, parent = ""] = (await readFile(`/proc/${pid}/stat`, "utf8"))
    .replace(/^.*\) /, "")
    .split(" ");
  const shim = await readFile(`/proc/${parent}/cmdline`, "utf8").catch(gone);
  return shim.includes("k8ts-");
}

/** It ended while we looked. */
const gone = (): string => "";
