/** A run is a function of its seed, and leaves nothing behind. */
import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { podOf, web } from "./test-manifests.ts";
import { type Cluster, createCluster } from "./testing.ts";

/** Every change of every object of some kinds, whole. */
async function follow<T extends ApiObject>(cluster: Cluster, kind: Kind<T>, trace: string[]) {
  for await (const change of cluster.watch(kind)) trace.push(JSON.stringify(change));
}

/** Some life: a deployment, a crash loop, and a node that dies and comes back. */
async function live(seed: number): Promise<readonly string[]> {
  const trace: string[] = [];
  const crashes = { match: { image: "bad" }, runsForMs: { min: 100, max: 5_000 }, exitCode: 1 };
  await using cluster = await createCluster({ nodes: 3, seed, behaviours: [crashes] });
  void follow(cluster, Pod, trace);
  void follow(cluster, Node, trace);
  void follow(cluster, Event, trace);
  await cluster.apply([web({ replicas: 5 }), podOf("crasher", { image: "bad" })]);
  await cluster.clock.advance("1 minute");
  await cluster.nodes[1]?.stop();
  await cluster.clock.advance("8 minutes");
  cluster.nodes[1]?.start();
  await cluster.clock.advance("2 minutes");
  return trace;
}

test("the same seed gives the same history, another one another", async () => {
  const first = await live(7);
  ok(first.length > 100);
  deepEqual(await live(7), first);
  notDeepEqual(await live(8), first);
});

test("a cluster leaves nothing behind", async () => {
  // The test runner has pipes of its own.
  const held = (): readonly string[] =>
    process.getActiveResourcesInfo().filter((name) => !/^(Immediate|Pipe|TTY)/.test(name));
  const before = held();
  {
    await using cluster = await createCluster({ nodes: 2 });
    await cluster.apply(web({ replicas: 2 }));
    await cluster.idle();
  }
  deepEqual(held(), before);
});

test("two clusters in one process do not know of each other", async () => {
  await using one = await createCluster({ nodes: 1 });
  await using other = await createCluster({ nodes: 1 });
  await one.apply(podOf("only-here", {}));
  await one.idle();
  equal((await one.client.list(Pod)).items.length, 1);
  equal((await other.client.list(Pod)).items.length, 0);
});
