/**
 * One scenario of scheduling, in a process put together as a cluster's: API server over a store on
 * disk, scheduler and controllers. The pods are there before the scheduler starts, so that
 * creating them takes nothing from the time that is measured.
 */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import { signingKeyOf } from "#apiserver/authn/token-issuer.ts";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import type { Client } from "#client/client.ts";
import { systemClock as clock } from "#host/clock.ts";
import { httpClient } from "#host/http-client.ts";
import { systemRandom as random } from "#host/random.ts";
import { testAuthority } from "#host/testing.ts";
import { Decider } from "#scheduler/cycle/decide.ts";
import { type Component, type ControlPlane, createControlPlane } from "#sim/control-plane.ts";
import { openLmdb } from "#store/backends/lmdb.ts";
import { type Crowd, nodeManifest, nodeResources, type Scenario } from "../scheduling/scenario.ts";
import { scenarios } from "../scheduling/scenarios.ts";

/** What the measurement came to. */
export interface Scheduled {
  readonly pods: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly decisionP50Ms: number;
  readonly decisionP99Ms: number;
  readonly decisionMaxMs: number;
  readonly residentBytes: number;
}

const writersMax = 64;
const giveUpMs = 120_000;

const schedulerName = "kube-scheduler";

/** At rest is who takes little of a core in so many windows that follow each other. */
const quietWindows = 3;
const quietWindowMs = 100;
const quietShareMax = 0.1;

const folder = mkdtempSync(`${tmpdir()}/k8ts-bench-`);
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.on("disconnect", () => process.exit());

const unused = (): never => {
  throw new Error("there is no kubelet");
};

async function startControlPlane(metrics: Metrics): Promise<ControlPlane> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signingKey = signingKeyOf(privateKey.export({ type: "pkcs8", format: "pem" }));
  const control = createControlPlane({
    store: await openLmdb({ path: `${folder}/store`, clock }),
    clock,
    random,
    log: silent,
    metrics,
    http: httpClient(),
    kubelets: { call: unused, upgrade: unused },
    address: { host: "192.0.2.1", port: 6443 },
    serverUrl: "https://192.0.2.1:6443",
    ca: (await testAuthority("bench")).certificate,
    signingKey: () => signingKey,
    serviceCidr: "172.16.0.0/16",
    podCidr: "10.0.0.0/8",
    clusterDomain: "cluster.local",
  });
  await control.start(new AbortController().signal);
  return control;
}

/** Many at a time, as clients do it. */
async function each(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: writersMax }, worker));
}

const create = <T extends ApiObject>(client: Client, kind: Kind<T>, object: object): Promise<T> =>
  client.create(kind as unknown as Kind<T, object>, object);

async function furnish(client: Client, scenario: Scenario): Promise<void> {
  await create(client, Namespace, { metadata: { name: "bench" } });
  await create(client, ServiceAccount, { metadata: { name: "default", namespace: "bench" } });
  for (const one of scenario.priorityClasses ?? []) await create(client, PriorityClass, one);
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const status = {
    allocatable: nodeResources,
    capacity: nodeResources,
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "KubeletReady",
        message: "kubelet is posting ready status",
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
  };
  await each(scenario.nodeCount, async (i) => {
    const node = await create(client, Node, { ...nodeManifest(i), status });
    // New nodes are tainted until the node lifecycle controller has seen them; here they are ready.
    const { taints: _, ...spec } = node.spec;
    await client.update(Node, { ...node, spec });
  });
  await populate(client, scenario.before);
  await populate(client, scenario.timed);
}

const populate = async (client: Client, crowd: Crowd | undefined): Promise<void> => {
  if (crowd) await each(crowd.count, (i) => create(client, Pod, crowd.pod(i)));
};

/** How long each decision took. */
function timeDecisions(): Float64Array[] {
  const chunks: Float64Array[] = [];
  let at = 0;
  // oxlint-disable-next-line unbound-method -- it is called with its own `this` below
  const decide = Decider.prototype.decide;
  Decider.prototype.decide = function timed(pod) {
    const started = performance.now();
    const decision = decide.call(this, pod);
    if (at % 65_536 === 0) chunks.push(new Float64Array(65_536));
    const chunk = chunks.at(-1);
    if (chunk) chunk[at++ % 65_536] = performance.now() - started;
    return decision;
  };
  return chunks;
}

function run({ components, clientFor }: ControlPlane, choice: (one: Component) => boolean): void {
  const { signal } = new AbortController();
  for (const component of components.filter(choice)) void component.run(clientFor, signal);
}

/** Until controllers have looked at everything once, and what they left behind is collected. */
async function untilAtRest(): Promise<void> {
  for (let quiet = 0; quiet < quietWindows;) {
    const before = process.cpuUsage();
    await delay(quietWindowMs);
    const { user, system } = process.cpuUsage(before);
    const isQuiet = user + system < quietWindowMs * 1_000 * quietShareMax;
    quiet = isQuiet ? quiet + 1 : 0;
  }
  globalThis.gc?.();
}

interface Counted {
  readonly count: number;
  readonly atMs: number;
}

/** Until as many are bound, or it takes too long. */
async function untilBound(metrics: Metrics, count: number): Promise<Counted> {
  const attempts = metrics.counter("scheduler_schedule_attempts_total", "", ["profile", "result"]);
  const scheduled = attempts.with("default-scheduler", "scheduled") as unknown as {
    readonly value: number;
  };
  const deadline = performance.now() + giveUpMs;
  while (scheduled.value < count && performance.now() < deadline) await delay(5);
  return { count: scheduled.value, atMs: performance.now() };
}

async function main(): Promise<void> {
  const [name = "", profileFile] = process.argv.slice(2);
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Error(`there is no scenario ${JSON.stringify(name)}`);
  const metrics = new Metrics();
  const control = await startControlPlane(metrics);
  const admin = { name: "kubernetes-admin", groups: ["system:masters"] };
  await furnish(control.clientFor(admin, "bench"), scenario);
  run(control, ({ name: component }) => component !== schedulerName);
  await untilAtRest();
  const decisions = timeDecisions();
  const session = new Session();
  if (profileFile) {
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
  }
  run(control, ({ name: component }) => component === schedulerName);
  while (decisions.length === 0) await delay(1);
  const startedMs = performance.now();
  const before = process.cpuUsage();
  const { count, atMs } = await untilBound(metrics, scenario.timed.count);
  const { user, system } = process.cpuUsage(before);
  if (profileFile) {
    const { profile } = await session.post("Profiler.stop");
    writeFileSync(profileFile, JSON.stringify(profile));
  }
  const sorted = Float64Array.from(decisions.flatMap((chunk) => [...chunk]))
    .filter((ms) => ms > 0)
    .sort();
  const quantile = (q: number): number => sorted[Math.floor(sorted.length * q)] ?? 0;
  const result: Scheduled = {
    pods: count,
    seconds: (atMs - startedMs) / 1_000,
    cpuSeconds: (user + system) / 1e6,
    decisionP50Ms: quantile(0.5),
    decisionP99Ms: quantile(0.99),
    decisionMaxMs: sorted.at(-1) ?? 0,
    residentBytes: process.memoryUsage.rss(),
  };
  process.send?.(result);
}

await main();
