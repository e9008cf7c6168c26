/** The examples of docs/guides/simulate.md, with fewer nodes and shorter days. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const root = resolve(import.meta.dirname, "../..");
const guide = readFile(`${root}/docs/guides/simulate.md`, "utf8");

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `folder` is where it is called. */
async function k8ts(folder: string, ...args: readonly string[]): Promise<Ended> {
  const program = [`${root}/src/cluster/main.ts`, ...args];
  const quiet = "--disable-warning=ExperimentalWarning";
  return promisify(execFile)(process.execPath, [quiet, ...program], { cwd: folder }).then(
    (ended) => ({ code: 0, ...ended }),
    (failed: Ended) => failed,
  );
}

async function home(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(`${tmpdir()}/k8ts-simulate-`);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

test("a plan of capacity: so many nodes, so many pods, some of them replaced", async () => {
  match(await guide, /k8ts simulate --nodes 100 --pods 3000 --churn 1m --output json/);
  await using folder = await home();
  const args = ["--nodes", "20", "--pods", "60", "--churn", "1s", "--output", "json"];
  const { code, stdout, stderr } = await k8ts(folder.path, "simulate", ...args, "--folder=store");
  equal(code, 0, stderr);
  const { nodes, pods, scheduling, startup, churn } = JSON.parse(stdout);
  deepEqual([nodes, pods], [20, 60]);
  // Pods that replace others count as well.
  ok(scheduling.count >= 60 && startup.count >= 60, stdout);
  ok(startup.p99Ms >= startup.p50Ms && startup.p50Ms > 0, stdout);
  ok(churn.ms >= 1_000, stdout);
  deepEqual(await readdir(folder.path), [], "the store is removed");
});

test("days of a cluster's life: the scenario of the guide, at its beginning", async () => {
  const [, written = ""] = /```yaml\n(seed:[^]*?)```/.exec(await guide) ?? [];
  const scenario = written
    .replace("duration: 3 days", "duration: 30m")
    .replace("count: 20", "count: 3");
  match(scenario, /duration: 30m[^]*count: 3/);
  await using folder = await home();
  const shop = await readFile(`${root}/examples/simulation/shop.yaml`);
  await writeFile(`${folder.path}/shop.yaml`, shop);
  await writeFile(`${folder.path}/days.yaml`, scenario);
  const args = ["simulate", "--virtual", "days.yaml", "--report", "report.html"];
  const { code, stdout, stderr } = await k8ts(folder.path, ...args);
  equal(code, 0, stderr);
  match(stdout, /\w/);
  match(await readFile(`${folder.path}/report.html`, "utf8"), /<svg/);
});

test("a mistake is pointed at, and nothing is run", async () => {
  await using folder = await home();
  const rules = '- match: { image: "team/web:2" }\n  redy: false\n';
  await writeFile(`${folder.path}/rules.yaml`, rules);
  const args = ["--nodes=1", "--pods=1", "--behaviours", "rules.yaml"];
  const { code, stderr } = await k8ts(folder.path, "simulate", ...args);
  equal(code === 0, false);
  match(
    stderr,
    /rules\.yaml:2:3: unknown name "redy" in a behaviour: expected one of match, cpu, /,
  );
  match(stderr, /did you mean "ready"\?/);
  const gates = "--feature-gates=GenericWorklod=true";
  const mistaken = await k8ts(folder.path, "simulate", "--nodes=1", "--pods=1", gates);
  equal(mistaken.code, 1);
  match(
    mistaken.stderr,
    /unrecognized feature gate: GenericWorklod; did you mean "GenericWorkload"/,
  );
});
