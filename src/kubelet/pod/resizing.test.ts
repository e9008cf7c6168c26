/** A pod that asks for other resources while it runs, by values. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "#api/core/container.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { minutes, seconds } from "#base/clock.ts";
import { inTurn, resizeFromRecord } from "./resizing.ts";
import { containerWith, podWith, startMs, World } from "./testing.ts";

const asks = (cpu: string, memory = "64Mi") => ({
  requests: { cpu, memory },
  limits: { cpu, memory },
});

const app = (name: string, parts: Partial<Container> = {}): Container =>
  containerWith(name, { resources: asks("100m"), ...parts });

function running(...containers: Container[]): World {
  const world = new World(podWith({ containers })).start();
  world.take();
  world.takeEvents();
  return world;
}

const conditionOf = (world: World, type: string) => {
  const found = findCondition(world.pod.status.conditions ?? [], type);
  return (
    found && [found.status, found.reason, found.message, found.observedGeneration].filter(Boolean)
  );
};

const resourcesOf = (world: World, index = 0) => {
  const { allocatedResources, resources } = world.pod.status.containerStatuses?.[index] ?? {};
  return [allocatedResources?.["cpu"], resources?.requests?.["cpu"], resources?.limits?.["cpu"]];
};

/** Volumes may show resources: they are looked at as well. */
const taken = (world: World) => world.take().filter((task) => task !== "refreshVolumes");

const full = { reason: "Deferred", message: "Node didn't have enough resource: cpu" } as const;

test("what the node gives, the containers get while they run", () => {
  const world = running(app("a"), app("b"));
  world.holds = new Set(["resize"]);
  world.resize({ a: asks("200m") });
  deepEqual(taken(world), ["allocate", "resize"]);
  deepEqual(world.held, [{ do: "resize", given: 2, containers: [{ name: "a", id: "a1" }] }]);
  deepEqual(conditionOf(world, "PodResizeInProgress"), ["True", 2]);
  deepEqual(resourcesOf(world), ["200m", "100m", "100m"]);
  world.finish("resize");
  equal(conditionOf(world, "PodResizeInProgress"), undefined);
});

test("a resize is told when it begins and when it is done", () => {
  const world = running(app("a"));
  world.resize({ a: asks("200m") });
  const has =
    '{"containers":[{"name":"a","resources":{"limits":{"cpu":"200m","memory":"64Mi"},"requests":{"cpu":"200m","memory":"64Mi"}}}],"generation":2}';
  deepEqual(world.takeEvents(), [
    `Normal ResizeStarted Pod resize started: ${has}`,
    `Normal ResizeCompleted Pod resize completed: ${has}`,
  ]);
  equal(conditionOf(world, "PodResizeInProgress"), undefined);
  deepEqual(resourcesOf(world), ["200m", "200m", "200m"]);
  equal(world.pod.status.containerStatuses?.[0]?.restartCount, 0);
  equal(world.state.resize, undefined);
});

test("equal amounts in other words are no resize", () => {
  const world = running(app("a"));
  world.resize({ a: asks("0.1", "65536Ki") });
  deepEqual([world.take(), world.takeEvents()], [[], []]);
});

test("what does not fit now is deferred, and asked for again when there is room", () => {
  const world = running(app("a"));
  world.answers = { allocate: () => ({ ok: true, verdict: full }) };
  world.resize({ a: asks("2") });
  deepEqual(conditionOf(world, "PodResizePending"), ["True", "Deferred", full.message, 2]);
  deepEqual(resourcesOf(world), ["100m", "100m", "100m"]);
  deepEqual(taken(world), ["allocate"]);
  match(world.takeEvents(), "Warning ResizeDeferred Pod resize Deferred: {");
  world.observe({ is: "room", why: "pods_removed", atMs: world.nowMs });
  deepEqual(taken(world), ["allocate"]);
  deepEqual(world.takeEvents(), [], "nothing new");
  world.answers = {};
  world.observe({ is: "room", why: "pods_removed", atMs: world.nowMs });
  deepEqual(taken(world), ["allocate", "resize"]);
  equal(conditionOf(world, "PodResizePending"), undefined);
  deepEqual(resourcesOf(world), ["2", "2", "2"]);
});

test("what is deferred is asked for every three minutes, without news as well", () => {
  const world = running(app("a"));
  world.answers = { allocate: () => ({ ok: true, verdict: full }) };
  world.resize({ a: asks("2") });
  world.take();
  world.advance(minutes(3) - 1);
  deepEqual(taken(world), []);
  world.advance(1);
  deepEqual(taken(world), ["allocate"]);
});

test("what the node can never give is not asked for again, until the pod wants something else", () => {
  const world = running(app("a"));
  const message = "Node didn't have enough capacity: cpu, requested: 800000, capacity: 2000";
  world.answers = { allocate: () => ({ ok: true, verdict: { reason: "Infeasible", message } }) };
  world.resize({ a: asks("800") });
  deepEqual(conditionOf(world, "PodResizePending"), ["True", "Infeasible", message, 2]);
  match(world.takeEvents(), "Warning ResizeInfeasible Pod resize Infeasible: {");
  world.take();
  world.observe({ is: "room", why: "pods_removed", atMs: world.nowMs });
  world.advance(minutes(10));
  deepEqual(taken(world), []);
  world.answers = {};
  world.resize({ a: asks("100m") });
  deepEqual(taken(world), [], "it has that already");
  equal(conditionOf(world, "PodResizePending"), undefined);
  equal(world.state.resize, undefined);
});

test("a container that wants to is restarted, and finds its pod's group large enough", () => {
  const policy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }] as const;
  const world = running(app("a", { resizePolicy: policy }), app("b"));
  world.resize({ a: asks("100m", "128Mi"), b: asks("200m") });
  deepEqual(taken(world), [
    "allocate",
    "stopContainer a 30",
    "resize",
    "inspectImage a",
    "createContainer a 1",
    "startContainer a",
  ]);
  ok(world.takeEvents().includes("Normal Killing Container a resize requires restart"));
  equal(world.pod.status.containerStatuses?.[0]?.restartCount, 1);
  equal(conditionOf(world, "PodResizeInProgress"), undefined);
});

test("a processor more is no reason for a restart where only memory is", () => {
  const policy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }] as const;
  const world = running(app("a", { resizePolicy: policy }));
  world.resize({ a: asks("200m") });
  deepEqual(taken(world), ["allocate", "resize"]);
});

test("a container that ends well when it is restarted for a resize is started all the same", () => {
  const policy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] as const;
  const containers = [app("a", { resizePolicy: policy })];
  const world = new World(podWith({ containers, restartPolicy: "OnFailure" })).start();
  world.holds = new Set(["inspectImage", "stopContainer"]);
  world.resize({ a: asks("200m") });
  world.exit("a", 0);
  world.finish("stopContainer", { ok: true });
  equal(world.pod.status.phase, "Running");
  deepEqual(conditionOf(world, "PodResizeInProgress"), ["True", 2]);
  world.finish("inspectImage");
  equal(world.pod.status.containerStatuses?.[0]?.restartCount, 1);
  equal(conditionOf(world, "PodResizeInProgress"), undefined);
});

test("an init container is resized while it runs; one that has yet to run finds what was given", () => {
  const initContainers = [app("first"), app("second")];
  const world = new World(podWith({ initContainers, containers: [app("a")] })).start();
  world.take();
  world.takeEvents();
  world.holds = new Set(["resize"]);
  world.resize({ first: asks("200m"), second: asks("300m") });
  deepEqual(world.held, [
    { do: "resize", given: 2, containers: [{ name: "first", id: "first1" }] },
  ]);
  world.finish("resize");
  equal(conditionOf(world, "PodResizeInProgress"), undefined);
  world.exit("first", 0);
  const second = world.runtime.containers.find(({ name }) => name === "second");
  deepEqual(second?.resources, asks("300m"));
});

test("what a finished init container would get is of no concern to anybody", () => {
  const world = new World(
    podWith({ initContainers: [app("first")], containers: [app("a")] }),
  ).start();
  world.exit("first", 0);
  world.take();
  world.holds = new Set(["resize"]);
  world.resize({ first: asks("200m") });
  deepEqual(world.held, [{ do: "resize", given: 2, containers: [] }]);
  world.finish("resize");
  equal(world.state.resize, undefined);
});

test("a resize that fails says so and is tried again", () => {
  const world = running(app("a"));
  const message = "cannot decrease memory limits";
  world.answers = { resize: () => ({ ok: false, message }) };
  world.resize({ a: asks("100m", "32Mi") });
  deepEqual(conditionOf(world, "PodResizeInProgress"), ["True", "Error", message, 2]);
  const [, failed] = world.takeEvents();
  match([failed], "Warning ResizeError Pod resize error: {");
  world.advance(seconds(1));
  deepEqual(world.takeEvents(), [], "once for each error");
  world.answers = {};
  world.advance(seconds(10));
  equal(conditionOf(world, "PodResizeInProgress"), undefined);
});

test("who changes its mind while the node is asked gets what it wanted last", () => {
  const world = running(app("a"));
  world.holds = new Set(["allocate"]);
  world.resize({ a: asks("200m") });
  world.resize({ a: asks("300m") });
  deepEqual(taken(world), ["allocate"]);
  world.holds = new Set();
  world.finish("allocate");
  deepEqual(resourcesOf(world), ["300m", "300m", "300m"]);
  equal(world.state.resize, undefined);
});

test("a pod that was resized while nobody looked is resized by what its containers were made with", () => {
  const first = running(app("a"));
  const resized = podWith({ containers: [app("a", { resources: asks("200m") })] });
  const world = new World({ ...resized, status: first.pod.status });
  world.runtime = first.runtime;
  world.start();
  deepEqual(taken(world).slice(1), ["allocate", "resize"]);
});

test("a resize that was cut short is completed", () => {
  const allocation = { containers: { a: asks("200m") } };
  const pod = podWith({ containers: [app("a", { resources: asks("200m") })] });
  const world = new World(
    pod,
    resizeFromRecord(pod, { allocation, isSet: false }, startMs),
  ).start();
  ok(world.take().includes("resize"));
  equal(world.state.resize, undefined);
});

test("when there is room the more important pods are first", () => {
  const waiting = (uid: string, priority: number, sinceMs: number) => {
    const world = new World(podWith({ containers: [app("a")], priority }, { uid }));
    world.nowMs = startMs + sinceMs;
    world.answers = { allocate: () => ({ ok: true, verdict: full }) };
    world.start().resize({ a: asks("2") });
    return world.state;
  };
  const states = [waiting("late", 0, 5), waiting("early", 0, 1), waiting("important", 9, 9)];
  deepEqual(
    inTurn(states).map(({ uid }) => uid),
    ["important", "early", "late"],
  );
});

function match(events: readonly (string | undefined)[], start: string): void {
  deepEqual(
    events.map((text) => text?.startsWith(start)),
    [true],
    events.join(),
  );
}
