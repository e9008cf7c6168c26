/** The end of a pod that its node decides on. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { findCondition } from "#api/meta/conditions.ts";
import { seconds } from "#base/clock.ts";
import { podWith, World } from "./testing.ts";

const evict = (world: World, graceSeconds: number, isDisruption = false): void =>
  world.observe({
    is: "evicted",
    reason: "Evicted",
    message: "The node was low on resource: memory. ",
    graceSeconds,
    isDisruption,
    atMs: world.nowMs,
  });

const podOf = (graceSeconds: number) => podWith({ terminationGracePeriodSeconds: graceSeconds });

for (const [own, allowed, given] of [
  [30, 1, 2],
  [30, 20, 20],
  [5, 20, 5],
  [30, 0, 2],
] as const) {
  test(`of its own ${own} seconds the pod gets at most ${allowed} to end: ${given}`, () => {
    const world = new World(podOf(own)).start();
    world.take();
    evict(world, allowed);
    equal(world.take()[0], `stopContainer app ${given}`);
  });
}

test("an evicted pod fails once it has stopped, and says why; what disrupted it is told at once", () => {
  const world = new World(podOf(30)).start();
  world.holds = new Set(["stopContainer"]);
  evict(world, 1, true);
  const { phase, reason, conditions = [] } = world.pod.status;
  deepEqual([phase, reason], ["Running", undefined]);
  const target = findCondition(conditions, "DisruptionTarget");
  deepEqual(
    [target?.status, target?.reason, target?.message],
    ["True", "TerminationByKubelet", "The node was low on resource: memory. "],
  );
  world.finish("stopContainer");
  const { status } = world.pod;
  deepEqual(
    [status.phase, status.reason, status.message],
    ["Failed", "Evicted", "The node was low on resource: memory. "],
  );
  equal(
    status.conditions?.filter(({ type }) => type === "DisruptionTarget").length,
    1,
    "the condition is there once",
  );
});

test("the pod's own doing is no disruption", () => {
  const world = new World(podOf(30)).start();
  evict(world, 1);
  world.advance(seconds(5));
  const { phase, conditions = [] } = world.pod.status;
  deepEqual([phase, findCondition(conditions, "DisruptionTarget")], ["Failed", undefined]);
});

test("in need, containers of a pod that is over go, and its status stays; those of others stay", () => {
  const world = new World(podWith({ restartPolicy: "Never" })).start();
  world.observe({ is: "reclaim", atMs: world.nowMs });
  world.exit("app", 3);
  const { status } = world.pod;
  equal(world.runtime.containers.length, 1);
  world.take();
  world.observe({ is: "reclaim", atMs: world.nowMs });
  deepEqual(world.take(), ["removeContainer"]);
  deepEqual([world.runtime.containers.length, world.pod.status], [0, status]);
});
