/** Making room for important pods, with the real API server, in virtual time. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { conditionOf } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { PodDisruptionBudget } from "#api/policy/poddisruptionbudget.ts";
import { seconds } from "#base/clock.ts";
import type { Client } from "#client/client.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";

async function addNode({ client }: TestCluster, name: string): Promise<void> {
  const allocatable = { cpu: "4", memory: "8Gi", pods: "110" };
  await client.create(Node, {
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: { capacity: allocatable, allocatable },
  });
}

interface Wanted {
  readonly priority: number;
  readonly cpu?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly graceSeconds?: number;
}

async function addPod({ client }: TestCluster, name: string, wanted: Wanted): Promise<void> {
  const { priority, cpu = "4", labels = {}, graceSeconds = 0 } = wanted;
  await client.create(Pod, {
    metadata: { namespace, name, labels },
    spec: {
      priority,
      terminationGracePeriodSeconds: graceSeconds,
      containers: [{ name: "main", image: "main:1", resources: { requests: { cpu } } }],
    },
  });
}

async function find({ client }: TestCluster, name: string): Promise<Pod | undefined> {
  try {
    return await client.get(Pod, { namespace, name });
  } catch (cause) {
    if (!isReason(cause, "NotFound")) throw cause;
    return undefined;
  }
}

/** Of all pods: the node, `→ node` for a promised one, `-` for none. */
const places = async ({ client }: TestCluster): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await client.list(Pod)).items.map(({ metadata, spec, status }) => [
      metadata.name ?? "",
      spec.nodeName ??
        (status.nominatedNodeName === undefined ? "-" : `→ ${status.nominatedNodeName}`),
    ]),
  );

const kill = ({ client }: TestCluster, name: string): Promise<void> =>
  client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0 });

test("a less important pod makes room, and it is said for whom", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "low", { priority: 1 });
  await cluster.settle();
  await addPod(cluster, "high", { priority: 9 });
  const { uid } = (await find(cluster, "high"))?.metadata ?? {};
  await cluster.clock.advance(seconds(3));
  deepEqual(await places(cluster), { high: "a" });
  const events = (await cluster.client.list(Event)).items
    .filter(({ reason }) => reason === "Preempted")
    .map(({ type, message, involvedObject }) => `${type} ${involvedObject.name}: ${message}`);
  deepEqual(events, [`Normal low: Preempted by pod ${uid} on node a`]);
  const text = await cluster.metrics.text();
  match(text, /^scheduler_preemption_attempts_total 1$/m);
  match(text, /^scheduler_preemption_victims_sum 1$/m);
  deepEqual(cluster.complaints, []);
});

test("victims are given the time they asked for, and meanwhile nobody else has to go", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addNode(cluster, "b");
  await addPod(cluster, "low-1", { priority: 1, graceSeconds: 30 });
  await addPod(cluster, "low-2", { priority: 1, graceSeconds: 30 });
  await cluster.settle();
  await addPod(cluster, "high", { priority: 9, cpu: "3" });
  await cluster.clock.advance(seconds(12));
  const leaving = (await cluster.client.list(Pod)).items.filter(
    ({ metadata }) => metadata.deletionTimestamp,
  );
  equal(leaving.length, 1, "one of the two is enough");
  const [victim] = leaving;
  ok(victim);
  const why = conditionOf(victim, "DisruptionTarget");
  equal(
    `${why?.status} ${why?.reason}: ${why?.message}`,
    "True PreemptionByScheduler: default-scheduler: preempting to accommodate a higher priority pod",
  );
  equal((await places(cluster))["high"], `→ ${victim.spec.nodeName}`);
  // Others may not take what it was promised, but what is left beside it.
  await kill(cluster, victim.metadata.name ?? "");
  await addPod(cluster, "middle", { priority: 5, cpu: "2" });
  await cluster.clock.advance(seconds(12));
  equal((await places(cluster))["high"], victim.spec.nodeName);
  equal((await find(cluster, "middle"))?.spec.nodeName, undefined);
  equal((await find(cluster, "high"))?.status.nominatedNodeName, undefined);
});

test("a place that gets free elsewhere is taken without waiting for the victims", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "low", { priority: 1, graceSeconds: 600 });
  await cluster.settle();
  await addPod(cluster, "high", { priority: 9 });
  await cluster.clock.advance(seconds(3));
  equal((await places(cluster))["high"], "→ a");
  await addNode(cluster, "b");
  await cluster.clock.advance(seconds(12));
  equal((await places(cluster))["high"], "b");
});

test("the most important of several takes the room, the others are promised theirs", async () => {
  await using cluster = await startTestCluster();
  for (const name of ["a", "b", "c"]) await addNode(cluster, name);
  for (const name of ["l1", "l2", "l3"]) await addPod(cluster, name, { priority: 1 });
  await cluster.settle();
  for (const name of ["h1", "h2", "h3"]) await addPod(cluster, name, { priority: 9 });
  await cluster.clock.advance(seconds(20));
  const now = await places(cluster);
  deepEqual(Object.keys(now).sort(), ["h1", "h2", "h3"]);
  deepEqual(Object.values(now).sort(), ["a", "b", "c"]);
});

test("a pod whose victims leave at once is not told that it waits", async () => {
  const told: string[] = [];
  const listening = (client: Client): Client => ({
    ...client,
    patch: (kind, at, patch) => {
      told.push(at.name);
      return client.patch(kind, at, patch);
    },
  });
  await using cluster = await startTestCluster({ through: listening });
  await addNode(cluster, "a");
  await addPod(cluster, "low", { priority: 1 });
  await cluster.settle();
  await addPod(cluster, "high", { priority: 9 });
  await cluster.clock.advance(seconds(3));
  deepEqual(await places(cluster), { high: "a" });
  deepEqual(told, ["low"]);
});

test("a pod that was promised room loses it to a more important one", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "low", { priority: 1, graceSeconds: 600 });
  await cluster.settle();
  await addPod(cluster, "middle", { priority: 5 });
  await cluster.clock.advance(seconds(3));
  equal((await places(cluster))["middle"], "→ a");
  await addPod(cluster, "high", { priority: 9 });
  await cluster.clock.advance(seconds(12));
  deepEqual(await places(cluster), { low: "a", middle: "-", high: "→ a" });
  await kill(cluster, "low");
  await cluster.clock.advance(seconds(12));
  deepEqual(await places(cluster), { middle: "-", high: "a" });
});

test("budgets are kept where there is another way", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addNode(cluster, "b");
  await cluster.client.create(PodDisruptionBudget, {
    metadata: { namespace, name: "guard" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "guarded" } } },
  });
  await addPod(cluster, "guarded", { priority: 1, labels: { app: "guarded" } });
  await addPod(cluster, "free", { priority: 2 });
  await cluster.settle();
  await addPod(cluster, "high", { priority: 9 });
  await cluster.clock.advance(seconds(3));
  deepEqual(Object.keys(await places(cluster)).sort(), ["guarded", "high"]);
});

const refusing =
  (verb: "delete" | "patch", times: number) =>
  (client: Client): Client => {
    let left = times;
    const fail = (): Promise<never> => Promise.reject(new Error("no connection"));
    return {
      ...client,
      [verb]: (...call: Parameters<Client[typeof verb]>) =>
        left-- > 0 ? fail() : (client[verb] as (...args: unknown[]) => Promise<unknown>)(...call),
    };
  };

test("an eviction that fails is told and tried again", async () => {
  await using cluster = await startTestCluster({ through: refusing("delete", 1) });
  await addNode(cluster, "a");
  await addPod(cluster, "low", { priority: 1 });
  await cluster.settle();
  await addPod(cluster, "high", { priority: 9 });
  await cluster.clock.advance(seconds(15));
  deepEqual(await places(cluster), { high: "a" });
  match(cluster.complaints.join("\n"), /making room for a pod failed .*default\/high/);
});

test("a scheduler that starts anew keeps the promises of the one before", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "low", { priority: 1, graceSeconds: 600 });
  await cluster.settle();
  await addPod(cluster, "high", { priority: 9 });
  await cluster.clock.advance(seconds(3));
  await cluster.restart();
  await kill(cluster, "low");
  await addPod(cluster, "late", { priority: 1 });
  await cluster.clock.advance(seconds(12));
  equal((await places(cluster))["high"], "a");
  equal((await find(cluster, "late"))?.spec.nodeName, undefined);
});
