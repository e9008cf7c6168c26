/** The whole scheduler against the real API server, in virtual time. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { conditionOf } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { ApiError } from "#api/errors.ts";
import { minutes, seconds } from "#base/clock.ts";
import { below, chance, type Random, seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { definePlugin, type Permission, type Plugin, refuse } from "./plugin.ts";
import { defaultPlugins, defaultProfile } from "./profile.ts";
import { addNode, startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";

interface Parts {
  readonly cpu?: string;
  readonly spec?: object;
  readonly metadata?: object;
}

async function addPod({ client }: TestCluster, name: string, parts: Parts = {}): Promise<void> {
  const { cpu, spec, metadata } = parts;
  const resources = cpu ? { resources: { requests: { cpu } } } : {};
  await client.create(Pod, {
    metadata: { namespace, name, ...metadata },
    spec: { containers: [{ name: "main", image: "main:1", ...resources }], ...spec },
  });
}

const get = ({ client }: TestCluster, name: string): Promise<Pod> =>
  client.get(Pod, { namespace, name });

const nodesOf = async ({ client }: TestCluster): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await client.list(Pod)).items.map(({ metadata, spec }) => [
      metadata.name ?? "",
      spec.nodeName ?? "-",
    ]),
  );

const eventsAbout = async ({ client }: TestCluster, name: string): Promise<string[]> =>
  (await client.list(Event)).items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

const scheduledCondition = async (cluster: TestCluster, name: string): Promise<string> => {
  const found = conditionOf(await get(cluster, name), "PodScheduled");
  return `${found?.status} ${found?.reason ?? ""}: ${found?.message ?? ""}`;
};

test("a pod is bound to a node, and told so", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "web");
  await cluster.settle();
  equal((await get(cluster, "web")).spec.nodeName, "a");
  deepEqual(await eventsAbout(cluster, "web"), [
    "Normal Scheduled: Successfully assigned default/web to a",
  ]);
  match(await scheduledCondition(cluster, "web"), /^True/);
  deepEqual(cluster.complaints, []);
});

test("pods spread over nodes as they fill them", async () => {
  await using cluster = await startTestCluster();
  for (const name of ["a", "b", "c"]) await addNode(cluster, name);
  for (let i = 0; i < 9; i++) await addPod(cluster, `p${i}`, { cpu: "1" });
  await cluster.settle();
  const counts = Object.groupBy(Object.values(await nodesOf(cluster)), (name) => name);
  deepEqual([counts["a"]?.length, counts["b"]?.length, counts["c"]?.length], [3, 3, 3]);
});

test("a pod that fits nowhere says why, once, and is bound when a node comes", async () => {
  await using cluster = await startTestCluster();
  await addPod(cluster, "web", { cpu: "2" });
  await cluster.settle();
  equal(
    await scheduledCondition(cluster, "web"),
    "False Unschedulable: no nodes available to schedule pods",
  );
  await addNode(cluster, "small", { cpu: "1" });
  await cluster.clock.advance(seconds(3));
  const why =
    "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
  equal(await scheduledCondition(cluster, "web"), `False Unschedulable: ${why}`);
  ok((await eventsAbout(cluster, "web")).includes(`Warning FailedScheduling: ${why}`));
  const { resourceVersion, uid = "" } = (await get(cluster, "web")).metadata;
  const attempt = cluster.scheduler.lastAttempt(uid);
  deepEqual(
    [...(attempt?.verdicts ?? [])].map(({ node, plugin }) => `${node.name} ${plugin}`),
    ["small NodeResourcesFit"],
  );
  await cluster.clock.advance(minutes(6));
  equal((await get(cluster, "web")).metadata.resourceVersion, resourceVersion, "no news, no write");
  await addNode(cluster, "large");
  await cluster.clock.advance(seconds(11));
  equal((await get(cluster, "web")).spec.nodeName, "large");
  equal(cluster.scheduler.lastAttempt(uid), undefined);
});

/** What is said of pods waits for `release`. */
const holdingBack =
  (release: Promise<void>) =>
  (client: Client): Client => ({
    ...client,
    patch: async (kind, at, patch) => {
      await release;
      return client.patch(kind, at, patch);
    },
  });

test("what was true of a pod without a node is not said after it got one", async () => {
  const { promise, resolve: release } = Promise.withResolvers<void>();
  await using cluster = await startTestCluster({ through: holdingBack(promise) });
  using _end = { [Symbol.dispose]: release };
  const count = 40;
  for (let i = 0; i < count; i++) await addPod(cluster, `p${i}`);
  await cluster.settle();
  await addNode(cluster, "a");
  await cluster.clock.advance(seconds(3));
  const bound = async (): Promise<number> =>
    (await cluster.client.list(Pod)).items.filter(({ spec }) => spec.nodeName === "a").length;
  const early = await bound();
  ok(early > 0, "whose turn to be told about did not come has its node");
  ok(early < count, "who is being told about waits for that");
  release();
  await cluster.clock.advance(seconds(3));
  equal(await bound(), count);
  for (let i = 0; i < count; i++) match(await scheduledCondition(cluster, `p${i}`), /^True/);
});

test("a pod that makes room lets the next one in", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "3" });
  await cluster.settle();
  await addPod(cluster, "second", { cpu: "3" });
  await cluster.settle();
  equal((await get(cluster, "second")).spec.nodeName, undefined);
  await cluster.client.delete(Pod, { namespace, name: "first" }, { gracePeriodSeconds: 0 });
  await cluster.clock.advance(seconds(2));
  equal((await get(cluster, "second")).spec.nodeName, "a");
});

test("finished pods take no room", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "3" });
  await cluster.settle();
  await addPod(cluster, "second", { cpu: "3" });
  await cluster.settle();
  const change = { status: { phase: "Succeeded" } };
  const at = { namespace, name: "first", subresource: "status" };
  await cluster.client.patch(Pod, at, { is: "merge", change });
  await cluster.clock.advance(seconds(2));
  equal((await get(cluster, "second")).spec.nodeName, "a");
});

test("a pod waits until its gates are gone", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "web", { spec: { schedulingGates: [{ name: "example.com/ready" }] } });
  await cluster.settle();
  equal((await get(cluster, "web")).spec.nodeName, undefined);
  deepEqual(await eventsAbout(cluster, "web"), []);
  const change = { spec: { schedulingGates: null } };
  await cluster.client.patch(Pod, { namespace, name: "web" }, { is: "merge", change });
  await cluster.settle();
  equal((await get(cluster, "web")).spec.nodeName, "a");
});

test("the more important pod gets the room", async () => {
  await using cluster = await startTestCluster();
  await addPod(cluster, "low", { cpu: "3", spec: { priority: 1 } });
  await addPod(cluster, "high", { cpu: "3", spec: { priority: 10 } });
  await cluster.settle();
  await addNode(cluster, "a");
  await cluster.clock.advance(seconds(3));
  deepEqual(await nodesOf(cluster), { high: "a", low: "-" });
});

test("pods of another scheduler are left alone, but count", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "theirs", { cpu: "3", spec: { schedulerName: "other" } });
  await addPod(cluster, "placed", { cpu: "3", spec: { schedulerName: "other", nodeName: "a" } });
  await addPod(cluster, "ours", { cpu: "3" });
  await cluster.settle();
  deepEqual(await nodesOf(cluster), { theirs: "-", placed: "a", ours: "-" });
});

test("each profile has its own plugins", async () => {
  const onlyB = definePlugin({
    name: "OnlyB",
    filter: (_pod, node) => (node.name === "b" ? undefined : refuse("node(s) were not b")),
  });
  const profiles = [
    defaultProfile,
    { schedulerName: "b-scheduler", plugins: [...defaultPlugins, onlyB] },
  ];
  await using cluster = await startTestCluster({ profiles });
  await addNode(cluster, "a");
  await addPod(cluster, "picky", { spec: { schedulerName: "b-scheduler" } });
  await addPod(cluster, "web");
  await cluster.settle();
  deepEqual(await nodesOf(cluster), { picky: "-", web: "a" });
  match(await scheduledCondition(cluster, "picky"), /1 node\(s\) were not b/);
});

test("a pending pod that is being deleted is not tried", async () => {
  await using cluster = await startTestCluster();
  await addPod(cluster, "web", { metadata: { finalizers: ["example.com/keep"] } });
  await cluster.client.delete(Pod, { namespace, name: "web" });
  await addNode(cluster, "a");
  await cluster.settle();
  equal((await get(cluster, "web")).spec.nodeName, undefined);
  ok(
    (await eventsAbout(cluster, "web")).includes(
      "Warning FailedScheduling: skip schedule deleting pod: default/web",
    ),
  );
});

/** Fails, or loses the answer of, some bindings. */
const faulty =
  (fails: () => "before" | "after" | undefined) =>
  (client: Client): Client => ({
    ...client,
    createSub: async (...call) => {
      const fault = fails();
      if (fault === "before") throw new ApiError("ServiceUnavailable", "lost on the way there");
      const answer = await client.createSub(...call);
      if (fault === "after") throw new ApiError("ServiceUnavailable", "lost on the way back");
      return answer as never;
    },
  });

test("a binding that fails is told, taken back and tried again", async () => {
  const faults = ["before"] as ("before" | undefined)[];
  await using cluster = await startTestCluster({ through: faulty(() => faults.shift()) });
  await addNode(cluster, "a");
  await addPod(cluster, "web", { cpu: "3" });
  await cluster.settle();
  equal(
    await scheduledCondition(cluster, "web"),
    'False SchedulerError: running Bind plugin "DefaultBinder": lost on the way there',
  );
  await cluster.clock.advance(seconds(3));
  equal((await get(cluster, "web")).spec.nodeName, "a");
});

test("a binding whose answer is lost counts once", async () => {
  const faults = ["after"] as ("after" | undefined)[];
  await using cluster = await startTestCluster({ through: faulty(() => faults.shift()) });
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "2" });
  await cluster.settle();
  await cluster.clock.advance(seconds(20));
  equal((await get(cluster, "first")).spec.nodeName, "a");
  await addPod(cluster, "second", { cpu: "2" });
  await addPod(cluster, "third", { cpu: "2" });
  await cluster.settle();
  deepEqual(await nodesOf(cluster), { first: "a", second: "a", third: "-" });
});

test("a scheduler that starts anew counts what is there, and goes on", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "3" });
  await cluster.settle();
  await cluster.restart();
  await addPod(cluster, "second", { cpu: "3" });
  await addPod(cluster, "third", { cpu: "1" });
  await cluster.settle();
  deepEqual(await nodesOf(cluster), { first: "a", second: "-", third: "a" });
});

/** The default scheduler with one plugin more. */
const withPlugin = (plugin: Plugin) => ({
  profiles: [{ ...defaultProfile, plugins: [plugin, ...defaultPlugins] }],
});

test("what a plugin reserved is given back when the pod is not bound", async () => {
  const calls: string[] = [];
  let isReady = false;
  const plugin = definePlugin({
    name: "Careful",
    reserve: ({ pod }) => void calls.push(`reserve ${pod.name}`),
    unreserve: ({ pod }) => void calls.push(`unreserve ${pod.name}`),
    preBind: async () => {
      if (!isReady) throw new Error("not ready");
    },
    postBind: ({ pod, node }) => void calls.push(`${pod.name} on ${node.name}`),
  });
  await using cluster = await startTestCluster(withPlugin(plugin));
  await addNode(cluster, "a");
  await addPod(cluster, "web");
  await cluster.settle();
  deepEqual(calls.splice(0), ["reserve web", "unreserve web"]);
  equal(
    await scheduledCondition(cluster, "web"),
    'False SchedulerError: running PreBind plugin "Careful": not ready',
  );
  isReady = true;
  await cluster.clock.advance(seconds(3));
  deepEqual(calls, ["reserve web", "web on a"]);
});

for (const point of ["reserve", "permit"] as const) {
  test(`a refusal at ${point} is about one node`, async () => {
    const refusal = refuse("not today");
    const plugin = definePlugin({
      name: "Moody",
      ...(point === "reserve"
        ? { reserve: () => refusal }
        : { permit: (): Permission => ({ is: "refused", refusal }) }),
    });
    await using cluster = await startTestCluster(withPlugin(plugin));
    await addNode(cluster, "a");
    await addNode(cluster, "b");
    await addPod(cluster, "web");
    await cluster.settle();
    equal(
      await scheduledCondition(cluster, "web"),
      "False Unschedulable: 0/1 nodes are available: 1 not today.",
    );
  });
}

test("a pod that waits on permit holds its place, and gives it up when refused", async () => {
  const decisions = new Map<string, (refusal?: ReturnType<typeof refuse>) => void>();
  const plugin = definePlugin({
    name: "Doorman",
    permit({ pod }): Permission {
      const { promise, resolve } = Promise.withResolvers<ReturnType<typeof refuse> | undefined>();
      decisions.set(pod.name, resolve);
      return { is: "waiting", timeoutMs: seconds(30), decision: promise };
    },
  });
  await using cluster = await startTestCluster(withPlugin(plugin));
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "3" });
  await cluster.settle();
  await addPod(cluster, "second", { cpu: "3" });
  await cluster.settle();
  deepEqual(await nodesOf(cluster), { first: "-", second: "-" });
  match(await scheduledCondition(cluster, "second"), /Insufficient cpu/);
  decisions.get("first")?.(refuse("go away"));
  await cluster.settle();
  match(await scheduledCondition(cluster, "first"), /1 go away/);
  await cluster.clock.advance(seconds(2));
  decisions.get("second")?.();
  await cluster.settle();
  deepEqual(await nodesOf(cluster), { first: "-", second: "a" });
});

test("a pod deleted while it waits on permit frees its place", async () => {
  const plugin = definePlugin({
    name: "Slow",
    permit: ({ pod }): Permission =>
      pod.name === "first"
        ? { is: "waiting", timeoutMs: minutes(10), decision: new Promise(() => {}) }
        : { is: "allowed" },
  });
  await using cluster = await startTestCluster(withPlugin(plugin));
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "3" });
  await cluster.settle();
  await addPod(cluster, "second", { cpu: "3" });
  await cluster.settle();
  await cluster.client.delete(Pod, { namespace, name: "first" }, { gracePeriodSeconds: 0 });
  await cluster.clock.advance(seconds(2));
  deepEqual(await nodesOf(cluster), { second: "a" });
});

test("a pod that waits on permit when the scheduler stops is not bound, and not told that it failed", async () => {
  const plugin = definePlugin({
    name: "Slow",
    permit: (): Permission => ({
      is: "waiting",
      timeoutMs: minutes(10),
      decision: new Promise(() => {}),
    }),
  });
  await using cluster = await startTestCluster(withPlugin(plugin));
  await addNode(cluster, "a");
  await addPod(cluster, "first", { cpu: "3" });
  await cluster.settle();
  await cluster.restart();
  deepEqual(await nodesOf(cluster), { first: "-" });
  deepEqual(await eventsAbout(cluster, "first"), []);
});

test("a broken plugin is named, and does not stop the queue", async () => {
  const plugin = definePlugin({
    name: "Broken",
    filter(pod) {
      if (pod.name === "bad") throw new Error("oops");
      return undefined;
    },
  });
  await using cluster = await startTestCluster(withPlugin(plugin));
  await addNode(cluster, "a");
  await addPod(cluster, "bad");
  await addPod(cluster, "good");
  await cluster.settle();
  deepEqual(await nodesOf(cluster), { bad: "-", good: "a" });
  equal(
    await scheduledCondition(cluster, "bad"),
    'False SchedulerError: running "Broken" filter plugin: oops',
  );
});

test("the metrics have upstream's names", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "web");
  await addPod(cluster, "large", { cpu: "100" });
  await addPod(cluster, "gated", { spec: { schedulingGates: [{ name: "x" }] } });
  await cluster.settle();
  const lines = (await cluster.metrics.text()).split("\n");
  for (const line of [
    'scheduler_schedule_attempts_total{profile="default-scheduler",result="scheduled"} 1',
    'scheduler_schedule_attempts_total{profile="default-scheduler",result="unschedulable"} 1',
    'scheduler_scheduling_attempt_duration_seconds_count{profile="default-scheduler",result="scheduled"} 1',
    "scheduler_scheduling_algorithm_duration_seconds_count 2",
    'scheduler_pending_pods{queue="active"} 0',
    'scheduler_pending_pods{queue="unschedulable"} 1',
    'scheduler_pending_pods{queue="gated"} 1',
    'scheduler_queue_incoming_pods_total{event="UnscheduledPodAdd",queue="active"} 2',
    'scheduler_unschedulable_pods{plugin="NodeResourcesFit",profile="default-scheduler"} 1',
    "scheduler_pod_scheduling_attempts_count 1",
    'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="1"} 1',
    'scheduler_goroutines{operation="binding"} 0',
    'scheduler_cache_size{type="nodes"} 1',
    'scheduler_cache_size{type="pods"} 1',
    'scheduler_cache_size{type="assumed_pods"} 0',
    'scheduler_plugin_execution_duration_seconds_count{plugin="NodeResourcesFit",extension_point="Filter",status="Success"} 1',
    'scheduler_plugin_execution_duration_seconds_count{plugin="DefaultBinder",extension_point="Bind",status="Success"} 1',
    'scheduler_plugin_evaluation_total{plugin="NodeResourcesFit",extension_point="PreFilter",profile="default-scheduler"} 2',
    'scheduler_plugin_evaluation_total{plugin="NodeResourcesFit",extension_point="Filter",profile="default-scheduler"} 2',
  ])
    ok(lines.includes(line), line);
});

/** The names of upstream's STABLE and BETA metrics of the scheduler, with their types. */
const promised = {
  scheduler_framework_extension_point_duration_seconds: "histogram",
  scheduler_goroutines: "gauge",
  scheduler_pending_pods: "gauge",
  scheduler_permit_wait_duration_seconds: "histogram",
  scheduler_plugin_evaluation_total: "counter",
  scheduler_pod_scheduling_attempts: "histogram",
  scheduler_pod_scheduling_sli_duration_seconds: "histogram",
  scheduler_preemption_attempts_total: "counter",
  scheduler_preemption_victims: "histogram",
  scheduler_queue_incoming_pods_total: "counter",
  scheduler_schedule_attempts_total: "counter",
  scheduler_scheduling_attempt_duration_seconds: "histogram",
  scheduler_unschedulable_pods: "gauge",
} as const;

test("every metric that upstream promises is there from the start, of its type", async () => {
  await using cluster = await startTestCluster();
  const text = await cluster.metrics.text();
  for (const [name, type] of Object.entries(promised))
    match(text, new RegExp(`^# TYPE ${name} ${type}$`, "m"));
});

test("what pods ask for has a page of its own", async () => {
  await using cluster = await startTestCluster();
  await addNode(cluster, "a");
  await addPod(cluster, "web", { cpu: "1500m" });
  await addPod(cluster, "large", { cpu: "100", spec: { priority: 7 } });
  await cluster.settle();
  const lines = (await cluster.scheduler.podResources.text()).split("\n");
  deepEqual(lines.filter((line) => line.startsWith("kube_pod_resource_request")).sort(), [
    'kube_pod_resource_request{namespace="default",pod="large",node="",scheduler="default-scheduler",priority="7",resource="cpu",unit="cores"} 100',
    'kube_pod_resource_request{namespace="default",pod="web",node="a",scheduler="default-scheduler",priority="",resource="cpu",unit="cores"} 1.5',
  ]);
});

test("a cluster at rest is left alone", async () => {
  let calls = 0;
  const counting = (client: Client): Client => ({
    ...client,
    list: (...call) => (calls++, client.list(...call)),
    get: (...call) => (calls++, client.get(...call)),
    create: (...call) => (calls++, client.create(...call)),
    patch: (...call) => (calls++, client.patch(...call)),
    createSub: (...call) => (calls++, client.createSub(...call)),
  });
  await using cluster = await startTestCluster({ through: counting });
  await addNode(cluster, "a");
  for (let i = 0; i < 5; i++) await addPod(cluster, `p${i}`, { cpu: "2" });
  await cluster.settle();
  ok(calls > 0);
  calls = 0;
  await cluster.clock.advance(minutes(4));
  equal(calls, 0);
});

/** Pods and nodes come and go, and bindings fail: nothing is ever promised twice. */
async function storm(seed: number): Promise<void> {
  const random = seededRandom(seed);
  let isStormy = true;
  const fault = () =>
    isStormy && chance(random, 0.3) ? (chance(random, 0.5) ? "before" : "after") : undefined;
  await using cluster = await startTestCluster({ seed, through: faulty(fault) });
  for (let i = 0; i < 3; i++) await addNode(cluster, `n${i}`);
  for (let step = 0; step < 40; step++) {
    await disturb(cluster, random, step);
    await cluster.clock.advance(below(random, 2_000));
    await checkCapacity(cluster, `seed ${seed}, step ${step}`);
  }
  isStormy = false;
  await addNode(cluster, "roomy", { cpu: "1000" });
  await cluster.clock.advance(minutes(1));
  await checkCapacity(cluster, `seed ${seed}, calm`);
  ok(!Object.values(await nodesOf(cluster)).includes("-"), `seed ${seed}: everybody has a place`);
}

async function disturb(cluster: TestCluster, random: Random, step: number): Promise<void> {
  const pods = (await cluster.client.list(Pod)).items;
  const victim = pods[below(random, pods.length)]?.metadata.name;
  const dice = random.next();
  if (dice < 0.6) await addPod(cluster, `p${step}`, { cpu: String(1 + below(random, 2)) });
  else if (dice < 0.8 && victim)
    await cluster.client.delete(Pod, { namespace, name: victim }, { gracePeriodSeconds: 0 });
  else if (dice < 0.9) await cluster.restart();
}

async function checkCapacity({ client }: TestCluster, when: string): Promise<void> {
  const used = new Map<string, number>();
  for (const { spec } of (await client.list(Pod)).items) {
    if (!spec.nodeName) continue;
    const cpu = Number(spec.containers[0]?.resources.requests?.["cpu"] ?? 0);
    used.set(spec.nodeName, (used.get(spec.nodeName) ?? 0) + cpu);
  }
  for (const [name, cpu] of used)
    ok(name === "roomy" || cpu <= 4, `${when}: ${name} has ${cpu} of 4 cores in use`);
}

test("no node is ever promised more than it has, whatever fails", async () => {
  for (let seed = 1; seed <= 10; seed++) await storm(seed);
});
