/** Pods that are scheduled together or not at all, with the real API server, in virtual time. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { conditionOf } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { FeatureGates } from "#api/feature-gates.ts";
import { PodGroup } from "#api/scheduling/podgroup.ts";
import { minutes, seconds } from "#base/clock.ts";
import { below, seededRandom } from "#base/random.ts";
import { defaultProfile, pluginsWith } from "./profile.ts";
import { addNode, startTestCluster, type TestCluster, type TestClusterOptions } from "./testing.ts";

const namespace = "default";
const gates = new FeatureGates({ GenericWorkload: true, GangScheduling: true });

const start = (options: TestClusterOptions = {}): Promise<TestCluster> =>
  startTestCluster({ gates, ...options });

async function addNodes(cluster: TestCluster, ...names: readonly string[]): Promise<void> {
  for (const name of names) await addNode(cluster, name);
}

interface Wanted {
  /** None when absent. */
  readonly group?: string;
  readonly cpu?: string;
  readonly priority?: number;
  readonly schedulerName?: string;
  readonly schedulingGates?: readonly { readonly name: string }[];
}

async function addPods(
  { client }: TestCluster,
  names: readonly string[],
  { group, cpu = "3", ...spec }: Wanted,
): Promise<void> {
  for (const name of names)
    await client.create(Pod, {
      metadata: { namespace, name },
      spec: {
        ...spec,
        ...(group === undefined ? {} : { schedulingGroup: { podGroupName: group } }),
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "main", image: "main:1", resources: { requests: { cpu } } }],
      },
    });
}

const addGroup = ({ client }: TestCluster, name: string, schedulingPolicy: object) =>
  client.create(PodGroup, { metadata: { namespace, name }, spec: { schedulingPolicy } });

const gang = (minCount: number) => ({ gang: { minCount } });

/** Pods by name: the node, `→ node` for a promised one, `-` for none. */
const places = async ({ client }: TestCluster): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await client.list(Pod)).items.map(({ metadata, spec, status }) => [
      metadata.name ?? "",
      spec.nodeName ?? (status.nominatedNodeName ? `→ ${status.nominatedNodeName}` : "-"),
    ]),
  );

const running = async (cluster: TestCluster): Promise<readonly string[]> =>
  Object.entries(await places(cluster))
    .filter(([, place]) => place !== "-" && !place.startsWith("→"))
    .map(([name]) => name)
    .sort();

const remove = ({ client }: TestCluster, name: string): Promise<void> =>
  client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0 });

const toldGroup = async ({ client }: TestCluster, name: string): Promise<string> => {
  const { status } = await client.get(PodGroup, { namespace, name });
  const [condition] = status.conditions ?? [];
  return condition
    ? `${condition.type}=${condition.status} ${condition.reason}: ${condition.message}`
    : "nothing";
};

const told = async ({ client }: TestCluster, name: string): Promise<string> => {
  const found = conditionOf(await client.get(Pod, { namespace, name }), "PodScheduled");
  return `${found?.reason ?? ""}: ${found?.message ?? ""}`;
};

const attempts = async ({ metrics }: TestCluster, family: string): Promise<number> =>
  [...(await metrics.text()).matchAll(new RegExp(`^${family}\\{.*\\} (\\d+)$`, "gm"))].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );

const scheduled = "PodGroupScheduled=True Scheduled: ";
const unschedulable = "PodGroupScheduled=False Unschedulable: pod group is unschedulable";
const forTheRest =
  "Unschedulable: pod group is unschedulable, waiting for minCount pods from a gang to be scheduled";

test("a gang waits for its group and for all of its pods, then gets its nodes at once", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b");
  await addPods(cluster, ["p"], { group: "g", cpu: "1" });
  await addGroup(cluster, "g", gang(3));
  await addPods(cluster, ["q"], { group: "g", cpu: "1" });
  await addPods(cluster, ["lonely"], { group: "other", cpu: "1" });
  await cluster.clock.advance(minutes(10));
  deepEqual(await running(cluster), []);
  equal(await toldGroup(cluster, "g"), "nothing");
  await addPods(cluster, ["r"], { group: "g", cpu: "1" });
  await cluster.settle();
  deepEqual(await running(cluster), ["p", "q", "r"]);
  equal(await toldGroup(cluster, "g"), scheduled);
  equal(await attempts(cluster, "scheduler_podgroup_schedule_attempts_total"), 1);
  // One more than needed follows like any pod.
  await addPods(cluster, ["s"], { group: "g", cpu: "1" });
  await cluster.settle();
  deepEqual(await running(cluster), ["p", "q", "r", "s"]);
  deepEqual(cluster.complaints, []);
});

test("a gang without room for enough of it leaves the room to others, and says why", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b");
  await addGroup(cluster, "g", gang(3));
  await addPods(cluster, ["p", "q", "r"], { group: "g" });
  await cluster.settle();
  deepEqual(await places(cluster), { p: "-", q: "-", r: "-" });
  equal(await toldGroup(cluster, "g"), unschedulable);
  equal(await told(cluster, "p"), forTheRest);
  equal(await told(cluster, "q"), forTheRest);
  match(await told(cluster, "r"), /^Unschedulable: 0\/2 nodes are available: 2 Insufficient cpu\./);
  const events = (await cluster.client.list(Event)).items.map(({ reason }) => reason);
  deepEqual([...new Set(events)], ["FailedScheduling"]);
  await addPods(cluster, ["single"], {});
  await cluster.settle();
  deepEqual(await running(cluster), ["single"]);
  await addNodes(cluster, "c", "d");
  await cluster.clock.advance(seconds(15));
  deepEqual(await running(cluster), ["p", "q", "r", "single"]);
  equal(await toldGroup(cluster, "g"), scheduled);
  deepEqual(cluster.complaints, []);
});

test("pods beyond the size of a gang come if there is room for them", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b");
  await addGroup(cluster, "g", gang(2));
  await addPods(cluster, ["p", "q", "r"], { group: "g" });
  await cluster.settle();
  deepEqual(await running(cluster), ["p", "q"]);
  equal(await toldGroup(cluster, "g"), scheduled);
  match(await told(cluster, "r"), /Insufficient cpu/);
  await addNodes(cluster, "c");
  await cluster.clock.advance(seconds(15));
  deepEqual(await running(cluster), ["p", "q", "r"]);
});

test("of two gangs one runs and the other waits, without a try until something happens", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b", "c");
  for (const name of ["g", "h"]) await addGroup(cluster, name, gang(2));
  // In turns: each would get half of what it needs.
  for (const i of [1, 2])
    for (const group of ["g", "h"]) await addPods(cluster, [`${group}${i}`], { group });
  await cluster.settle();
  deepEqual(await running(cluster), ["g1", "g2"]);
  await cluster.clock.advance(minutes(4));
  const before = await attempts(cluster, "scheduler_schedule_attempts_total");
  ok(before <= 8, `${before} attempts at four pods`);
  await remove(cluster, "g1");
  await cluster.clock.advance(seconds(15));
  deepEqual(await running(cluster), ["g2", "h1", "h2"]);
});

test("two gangs that both fit nowhere do not wake each other", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a");
  for (const group of ["g", "h"]) {
    await addGroup(cluster, group, gang(2));
    await addPods(cluster, [`${group}1`, `${group}2`], { group });
  }
  await cluster.settle();
  equal(await attempts(cluster, "scheduler_podgroup_schedule_attempts_total"), 2);
  await cluster.clock.advance(minutes(4));
  equal(await attempts(cluster, "scheduler_podgroup_schedule_attempts_total"), 2);
});

test("a pod of a waiting gang that is deleted is waited for anew", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a");
  await addGroup(cluster, "g", gang(2));
  await addPods(cluster, ["p", "q"], { group: "g" });
  await cluster.settle();
  await remove(cluster, "p");
  await addNodes(cluster, "b", "c");
  await cluster.clock.advance(minutes(6));
  deepEqual(await running(cluster), []);
  await addPods(cluster, ["r"], { group: "g" });
  await cluster.clock.advance(seconds(15));
  deepEqual(await running(cluster), ["q", "r"]);
});

test("a pod that is gated keeps its gang waiting, and brings it along", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b");
  await addGroup(cluster, "g", gang(2));
  await addPods(cluster, ["p"], { group: "g", schedulingGates: [{ name: "later" }] });
  await addPods(cluster, ["q"], { group: "g" });
  await cluster.settle();
  deepEqual(await running(cluster), []);
  equal(await told(cluster, "q"), forTheRest);
  const change = { spec: { schedulingGates: null } };
  await cluster.client.patch(Pod, { namespace, name: "p" }, { is: "merge", change });
  await cluster.clock.advance(seconds(15));
  deepEqual(await running(cluster), ["p", "q"]);
});

test("a scheduler that starts again counts what is there", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b");
  await addGroup(cluster, "g", gang(3));
  await addPods(cluster, ["p", "q", "r"], { group: "g" });
  await cluster.settle();
  await cluster.restart();
  deepEqual(await running(cluster), []);
  await addNodes(cluster, "c");
  await cluster.clock.advance(seconds(15));
  deepEqual(await running(cluster), ["p", "q", "r"]);
  await remove(cluster, "p");
  await cluster.restart();
  // Two of the three run: one more makes the gang complete.
  await addPods(cluster, ["s"], { group: "g" });
  await cluster.settle();
  deepEqual(await running(cluster), ["q", "r", "s"]);
  deepEqual(cluster.complaints, []);
});

test("pods of a group without a gang are scheduled one by one, and the group hears of it", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a");
  await addGroup(cluster, "g", { basic: {} });
  await addPods(cluster, ["p", "q"], { group: "g" });
  await cluster.settle();
  deepEqual(await running(cluster), ["p"]);
  equal(await toldGroup(cluster, "g"), scheduled);
});

test("with GenericWorkload alone nobody waits for a group", async () => {
  await using cluster = await start({ gates: new FeatureGates({ GenericWorkload: true }) });
  await addNodes(cluster, "a");
  await addGroup(cluster, "g", gang(2));
  await addPods(cluster, ["p"], { group: "g" });
  await addPods(cluster, ["q"], { group: "none" });
  await cluster.settle();
  deepEqual(await running(cluster), ["p"]);
  equal(await toldGroup(cluster, "g"), scheduled);
});

test("less important pods make room for a gang that finds room then", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b", "c");
  await addPods(cluster, ["low1", "low2"], { priority: 1 });
  await cluster.settle();
  await addGroup(cluster, "g", gang(3));
  await addPods(cluster, ["p", "q", "r"], { group: "g", priority: 9 });
  await cluster.settle();
  await cluster.clock.advance(seconds(30));
  deepEqual(await running(cluster), ["p", "q", "r"]);
  equal(await toldGroup(cluster, "g"), scheduled);
  const events = (await cluster.client.list(Event)).items;
  const evicted = events.filter(({ reason }) => reason === "Preempted");
  deepEqual(
    new Set(evicted.map(({ involvedObject }) => involvedObject.name)),
    new Set(["low1", "low2"]),
  );
  const waiting = events.filter(({ message }) =>
    message?.endsWith("waiting for preemption to complete"),
  );
  equal(waiting.length, 1, "one of them needed nobody to leave");
  deepEqual(cluster.complaints, []);
});

test("what one pod of a gang has others leave is room for the next one, too", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a");
  await addPods(cluster, ["low"], { priority: 1, cpu: "4" });
  await cluster.settle();
  await addGroup(cluster, "g", gang(2));
  await addPods(cluster, ["p", "q"], { group: "g", priority: 9, cpu: "2" });
  await cluster.clock.advance(seconds(30));
  deepEqual(await running(cluster), ["p", "q"]);
  const events = (await cluster.client.list(Event)).items;
  equal(events.filter(({ reason }) => reason === "Preempted").length, 1);
});

test("nobody is evicted for a gang that would find no room even then", async () => {
  await using cluster = await start();
  await addNodes(cluster, "a", "b");
  await addPods(cluster, ["low"], { priority: 1 });
  await cluster.settle();
  await addGroup(cluster, "g", gang(3));
  await addPods(cluster, ["p", "q", "r"], { group: "g", priority: 9 });
  await cluster.clock.advance(minutes(6));
  deepEqual(await running(cluster), ["low"]);
  equal(await toldGroup(cluster, "g"), unschedulable);
});

test("why a pod of a gang waits is told of the whole gang", async () => {
  await using cluster = await start();
  const why = async (name: string) => {
    const pod = await cluster.client.get(Pod, { namespace, name });
    const { state, waitsFor, group } = cluster.scheduler.explain(pod) ?? {};
    return { state, waitsFor, group };
  };
  await addNodes(cluster, "a", "b");
  await addPods(cluster, ["p", "q"], { group: "g" });
  await cluster.settle();
  const waitsFor = ["GangScheduling"];
  const there = { name: "g", pods: 2, scheduled: 0 };
  deepEqual(await why("p"), { state: "Gated", waitsFor, group: there });
  await addGroup(cluster, "g", gang(3));
  await cluster.settle();
  deepEqual(await why("p"), { state: "Gated", waitsFor, group: { ...there, minCount: 3 } });
  await addPods(cluster, ["r"], { group: "g" });
  await cluster.settle();
  const without = {
    pod: "default/r",
    why: (await told(cluster, "r")).replace("Unschedulable: ", ""),
  };
  deepEqual(await why("p"), {
    state: "Waiting",
    waitsFor: undefined,
    group: { ...there, pods: 3, minCount: 3, lastTrial: { roomFor: 2, tried: 3, without } },
  });
  const { uid = "" } = (await cluster.client.get(Pod, { namespace, name: "p" })).metadata;
  equal(`Unschedulable: ${cluster.scheduler.lastAttempt(uid)?.message}`, forTheRest);
  await addNodes(cluster, "c");
  await cluster.clock.advance(seconds(15));
  deepEqual(await why("p"), { state: "Scheduled", waitsFor: undefined, group: undefined });
});

test("the pods of a group have one scheduler", async () => {
  const plugins = pluginsWith(gates);
  const profiles = ["default-scheduler", "other"].map((schedulerName) => ({
    ...defaultProfile,
    schedulerName,
    plugins,
  }));
  await using cluster = await start({ profiles });
  await addNodes(cluster, "a", "b");
  await addGroup(cluster, "g", gang(2));
  await addPods(cluster, ["p"], { group: "g" });
  await addPods(cluster, ["q"], { group: "g", schedulerName: "other" });
  await cluster.settle();
  deepEqual(await running(cluster), []);
  match(
    await toldGroup(cluster, "g"),
    /SchedulerError: all pods in a single pod group should have the same .spec.schedulerName set, got: "\S+" and "\S+"$/,
  );
  match(await told(cluster, "p"), /^SchedulerError: all pods in a single pod group/);
});

async function removeGang(cluster: TestCluster, group: string): Promise<void> {
  const names = Object.keys(await places(cluster)).filter((name) => name.startsWith(`${group}-`));
  for (const name of names) await remove(cluster, name);
}

/** Gangs come and go, in sizes and at times that the seed says. */
async function* comingAndGoing(cluster: TestCluster, seed: number) {
  const random = seededRandom(seed);
  const sizes = new Map<string, number>();
  for (let step = 0; step < 12; step++) {
    const group = `g${step}`;
    const size = 2 + below(random, 4);
    sizes.set(group, size);
    await addGroup(cluster, group, gang(size));
    const names = Array.from({ length: size }, (_, i) => `${group}-${i}`);
    await addPods(cluster, names, { group, cpu: String(1 + below(random, 3)) });
    await cluster.clock.advance(below(random, seconds(20)));
    const gone = `g${below(random, step + 1)}`;
    if (sizes.delete(gone)) await removeGang(cluster, gone);
    await cluster.clock.advance(seconds(30));
    yield sizes;
  }
}

for (let seed = 1; seed <= 10; seed++)
  test(`never is a part of a gang bound, whatever comes and goes: seed ${seed}`, async () => {
    await using cluster = await start({ seed });
    await addNodes(cluster, "n1", "n2", "n3", "n4");
    for await (const sizes of comingAndGoing(cluster, seed)) {
      const counts = Map.groupBy(await running(cluster), (name) => name.split("-")[0] ?? "");
      for (const [name, size] of sizes) {
        const count = counts.get(name)?.length ?? 0;
        ok(count === 0 || count === size, `${count} of ${size} of ${name}`);
      }
    }
    deepEqual(cluster.complaints, []);
  });
