import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "#base/clock.ts";
import { drain, VirtualClock } from "#sim/clock.ts";
import type { ClusterEvent } from "../cluster-event.ts";
import { definePlugin, type Plugin, refuse } from "../plugin.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { prioritySort } from "../plugins/priority-sort.ts";
import { schedulingGates } from "../plugins/scheduling-gates.ts";
import { nodeOf, type PodParts, podOf, snapshotOf } from "../snapshot/testing.ts";
import { Interests } from "./interests.ts";
import { SchedulingQueue } from "./queue.ts";
import type { QueuedPod } from "./queued-pod.ts";

const { snapshot: cluster } = snapshotOf([]);
const { podInfos } = cluster;
const info = (name: string, parts: PodParts = {}) => podInfos.of(podOf(name, parts));

const never = definePlugin({ name: "Never" });
const onNodeAdd: ClusterEvent = { name: "NodeAdd", node: { new: nodeOf("n") } };

function start(plugins: readonly Plugin[] = [nodeResourcesFit, schedulingGates, never]) {
  const clock = new VirtualClock();
  const broken: string[] = [];
  const entered: string[] = [];
  const queue = new SchedulingQueue({
    clock,
    interests: new Interests(plugins, (plugin) => void broken.push(plugin)),
    queueSort: prioritySort,
    cluster,
    preEnqueue: () => plugins.filter(({ preEnqueue }) => preEnqueue),
    observer: { entered: (place, event) => void entered.push(`${event} ${place}`) },
  });
  const pop = (): string | undefined => queue.pop()?.pod.name;
  return { clock, queue, pop, broken, entered };
}

const refused = (...by: readonly string[]) => ({ is: "refused", by: new Set(by) }) as const;
const byFit = refused("NodeResourcesFit");

/** Tries the next pod in vain. */
function tryNext(
  queue: SchedulingQueue,
  outcome: Parameters<SchedulingQueue["putBack"]>[1] = byFit,
) {
  const queued = queue.pop();
  ok(queued);
  queue.putBack(queued, outcome);
  return queued;
}

test("pods come out by priority, and among equals as they came in", () => {
  const { queue, pop } = start();
  queue.add(info("first"));
  queue.add(info("second"));
  queue.add(info("important", { spec: { priority: 7 } }));
  deepEqual([pop(), pop(), pop(), pop()], ["important", "first", "second", undefined]);
});

test("a pod that became more important overtakes the others", () => {
  const { queue, pop } = start();
  queue.add(info("a"));
  queue.add(info("b"));
  queue.update(info("b", { spec: { priority: 7 } }));
  equal(pop(), "b");
});

test("whoever waits for a pod hears of it", async () => {
  const { queue } = start();
  const order: string[] = [];
  const waiting = queue.ready(new AbortController().signal).then(() => order.push("ready"));
  await drain();
  order.push("added");
  queue.add(info("a"));
  await waiting;
  deepEqual(order, ["added", "ready"]);
});

test("waiting for a pod ends when it is called off", async () => {
  const { queue } = start();
  const stop = new AbortController();
  const waiting = queue.ready(stop.signal);
  stop.abort();
  await waiting;
});

test("a refused pod rests until an event that its refuser cares for", () => {
  const { queue, pop } = start();
  queue.add(info("a"));
  tryNext(queue);
  equal(pop(), undefined);
  queue.happened({ name: "NodeUpdateNodeTaint", node: { new: nodeOf("n") } });
  equal(pop(), undefined, "an event that does not matter");
  queue.happened(onNodeAdd);
  equal(pop(), "a");
});

test("an event that the hint calls useless wakes nobody", () => {
  const { queue, pop } = start();
  queue.add(info("a", { requests: { cpu: "100" } }));
  tryNext(queue);
  queue.happened(onNodeAdd);
  equal(pop(), undefined);
});

test("an event for one refuser leaves those of another alone", () => {
  const { queue, pop } = start();
  queue.add(info("a"));
  tryNext(queue, refused("Never"));
  queue.happened(onNodeAdd);
  equal(pop(), undefined);
});

test("a hint is asked once for all pods that are alike", () => {
  let asked = 0;
  const curious = definePlugin({
    name: "Curious",
    events: [{ on: ["NodeAdd"], hint: () => ++asked > 0 }],
  });
  const { queue } = start([curious]);
  for (const name of ["a", "b", "c"]) queue.add(info(name));
  queue.add(info("other", { labels: { app: "other" } }));
  for (let i = 0; i < 4; i++) tryNext(queue, refused("Curious"));
  queue.happened(onNodeAdd);
  equal(asked, 2);
  equal(queue.counts().unschedulable, 0);
});

test("a hint that breaks counts as a yes, and is told about", () => {
  const clumsy = definePlugin({
    name: "Clumsy",
    events: [
      {
        on: ["NodeAdd"],
        hint: () => {
          throw new Error("oops");
        },
      },
    ],
  });
  const { queue, pop, broken } = start([clumsy]);
  queue.add(info("a"));
  tryNext(queue, refused("Clumsy"));
  queue.happened(onNodeAdd);
  equal(pop(), "a");
  deepEqual(broken, ["Clumsy"]);
});

test("a pod that nobody in particular refused is tried again whatever happens", () => {
  const { queue, pop } = start();
  queue.add(info("a"));
  tryNext(queue, refused());
  equal(pop(), undefined);
  queue.happened({ name: "storage.k8s.io/CSINodeAdd" });
  equal(pop(), "a");
});

test("a pod that was woken backs off while there are others to try", async () => {
  const { queue, pop, clock } = start();
  queue.add(info("a"));
  tryNext(queue);
  queue.happened(onNodeAdd);
  deepEqual(queue.counts(), { active: 0, backoff: 1, unschedulable: 0, gated: 0 });
  queue.add(info("b"));
  deepEqual([pop(), pop()], ["b", "a"], "it is tried early when nobody else waits");
  await clock.advance(0);
});

test("delays double from one second to ten", async () => {
  const { queue, clock } = start();
  const busy = info("busy", { spec: { priority: 100 } });
  queue.add(info("a"));
  const delays: number[] = [];
  for (let i = 0; i < 6; i++) {
    const queued = tryNext(queue);
    queue.happened(onNodeAdd);
    const since = clock.monotonic();
    queue.add(busy);
    while (queued.place === "backoff") await clock.advance(500);
    delays.push(clock.monotonic() - since);
    queue.delete(busy.uid);
  }
  deepEqual(delays, [1, 2, 4, 8, 10, 10].map(seconds));
});

test("a pod whose delay is over meanwhile is active at once", async () => {
  const { queue, clock } = start();
  queue.add(info("a"));
  tryNext(queue);
  await clock.advance(seconds(2));
  queue.happened(onNodeAdd);
  equal(queue.counts().active, 1);
});

test("after an error a pod comes back by itself, but not before its delay", async () => {
  const { queue, pop, clock } = start();
  queue.add(info("a"));
  tryNext(queue, { is: "failed" });
  equal(pop(), undefined);
  queue.happened(onNodeAdd);
  equal(pop(), undefined);
  await clock.advance(seconds(1));
  equal(pop(), "a");
});

test("nobody rests for more than five minutes", async () => {
  const { queue, pop, clock, entered } = start();
  queue.add(info("a"));
  tryNext(queue, refused("Never"));
  await clock.advance(minutes(1));
  queue.add(info("b"));
  tryNext(queue, refused("Never"));
  await clock.advance(minutes(4) - 1);
  equal(pop(), undefined);
  await clock.advance(1);
  deepEqual([pop(), pop()], ["a", undefined]);
  ok(entered.includes("UnschedulableTimeout active"));
  await clock.advance(minutes(1));
  equal(pop(), "b");
});

test("a queue in which nothing happens sets no timers", () => {
  const { queue, clock } = start();
  queue.add(info("a"));
  queue.done(queue.pop()!);
  equal(clock.pending, 0);
});

const gates = (...names: readonly string[]) => ({
  spec: { schedulingGates: names.map((name) => ({ name })) },
});

test("a pod with gates stays out until the last one is gone", () => {
  const { queue, pop } = start();
  queue.add(info("a", gates("x", "y")));
  equal(queue.counts().gated, 1);
  queue.happened(onNodeAdd);
  queue.update(info("a", gates("x")));
  equal(pop(), undefined);
  queue.update(info("a"));
  equal(pop(), "a");
});

test("a plugin may keep pods out, and let them in after an event", () => {
  let isOpen = false;
  const door = definePlugin({
    name: "Door",
    preEnqueue: () => (isOpen ? undefined : refuse("closed")),
    events: [{ on: ["NodeAdd"] }],
  });
  const { queue, pop } = start([door]);
  queue.add(info("a"));
  queue.happened(onNodeAdd);
  equal(pop(), undefined, "still closed");
  isOpen = true;
  queue.happened(onNodeAdd);
  equal(pop(), "a");
});

test("a refused pod is tried again when its own change may help it", () => {
  const { queue, pop } = start();
  queue.add(info("a", { requests: { cpu: "8" } }));
  tryNext(queue);
  queue.update(info("a", { requests: { cpu: "8" }, metadata: { annotations: { note: "x" } } }));
  equal(pop(), undefined);
  queue.update(info("a", { requests: { cpu: "1" }, metadata: { generation: 2 } }));
  equal(pop(), "a");
});

test("a deleted pod is forgotten wherever it is", async () => {
  const { queue, pop, clock } = start();
  const outcomes = [undefined, byFit, { is: "failed" }] as const;
  for (const [i, outcome] of outcomes.entries()) {
    const pod = info(`p${i}`);
    queue.add(pod);
    if (outcome) tryNext(queue, outcome);
    queue.delete(pod.uid);
  }
  queue.happened(onNodeAdd);
  await clock.advance(minutes(10));
  equal(pop(), undefined);
  deepEqual(queue.counts(), { active: 0, backoff: 0, unschedulable: 0, gated: 0 });
});

test("a pod deleted while it is tried does not come back", () => {
  const { queue, pop } = start();
  queue.add(info("a"));
  const queued = queue.pop()!;
  queue.delete(queued.pod.uid);
  queue.putBack(queued, byFit);
  queue.happened(onNodeAdd);
  equal(pop(), undefined);
});

test("what happens while a pod is tried counts for it afterwards", () => {
  const { queue, pop } = start();
  queue.add(info("a"));
  const queued = queue.pop()!;
  queue.happened(onNodeAdd);
  queue.putBack(queued, byFit);
  equal(pop(), "a");
});

test("but not what the pod itself caused", () => {
  const { queue, pop } = start();
  queue.add(info("a"));
  const queued = queue.pop()!;
  queue.happened({ name: "AssignedPodDelete", pod: { old: queued.pod } }, queued);
  queue.putBack(queued, byFit);
  equal(pop(), undefined);
});

test("attempts are counted", () => {
  const { queue } = start();
  queue.add(info("a"));
  const counts: [number, number][] = [];
  const tries: QueuedPod[] = [];
  for (const outcome of [byFit, { is: "failed" }, byFit] as const) {
    tries.push(tryNext(queue, outcome));
    const { attempts, errors } = tries.at(-1)!;
    counts.push([attempts, errors]);
    if (outcome.is === "refused") queue.happened(onNodeAdd);
    else break;
  }
  deepEqual(counts, [
    [1, 0],
    [2, 1],
  ]);
});
