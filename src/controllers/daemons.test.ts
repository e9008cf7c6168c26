/** DaemonSets in a whole cluster: real scheduler, real kubelets on simulated nodes. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { DaemonSet } from "#api/apps/daemonset.ts";
import { Event } from "#api/core/event.ts";
import { Node } from "#api/core/node.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { minutes, seconds } from "#base/clock.ts";
import { chance, seededRandom } from "#base/random.ts";
import { type Cluster, createCluster } from "#sim/testing.ts";
import { targetOf } from "./daemonset/placement.ts";
import { startTestCluster } from "./testing.ts";

const at = { namespace: "default", name: "agent" };

const agent = (spec: object = {}, pods: object = {}, image = "agent:1"): object => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent" },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: {
      metadata: { labels: { app: "agent" } },
      spec: { containers: [{ name: "c", image }], ...pods },
    },
    ...spec,
  },
});

const pods = async ({ client }: Cluster): Promise<readonly Pod[]> =>
  (await client.list(Pod, { namespace: "default" })).items;

/** As in `node-1=1`, those that are not ready with a question mark. */
const summary = async (cluster: Cluster): Promise<string> =>
  (await pods(cluster))
    .map((pod) => {
      const version = pod.spec.containers[0]?.image?.slice("agent:".length);
      return `${pod.spec.nodeName ?? "?"}=${version}${isPodReady(pod) ? "" : "?"}`;
    })
    .toSorted()
    .join(" ");

const statusOf = async ({ client }: Cluster): Promise<DaemonSet["status"]> =>
  (await client.get(DaemonSet, at)).status;

const byNumber = (a: number, b: number): number => a - b;
const byText = (a: string, b: string): number => (a < b ? -1 : 1);

const rolling = (rollingUpdate: object): object => ({
  updateStrategy: { type: "RollingUpdate", rollingUpdate },
});

/** The fewest that were ready, and the most that were there, while the cluster came to rest. */
async function extremes(cluster: Cluster): Promise<{ fewest: number; most: number }> {
  const found = { fewest: Infinity, most: 0 };
  for (let step = 0; step < 120; step++) {
    await cluster.clock.advance(seconds(0.25));
    const present = (await pods(cluster)).filter(({ metadata }) => !metadata.deletionTimestamp);
    found.fewest = Math.min(found.fewest, present.filter(isPodReady).length);
    found.most = Math.max(found.most, present.length);
  }
  return found;
}

test("each node runs one pod, and a deleted one is replaced", async () => {
  await using cluster = await createCluster({ nodes: 3 });
  await cluster.apply(agent());
  await cluster.idle();
  equal(await summary(cluster), "node-1=1 node-2=1 node-3=1");
  const [pod] = await pods(cluster);
  await cluster.client.delete(Pod, { ...at, name: pod?.metadata.name ?? "" });
  await cluster.idle();
  equal(await summary(cluster), "node-1=1 node-2=1 node-3=1");
  const { observedGeneration: _seen, ...counts } = await statusOf(cluster);
  deepEqual(counts, {
    currentNumberScheduled: 3,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 3,
    updatedNumberScheduled: 3,
    numberAvailable: 3,
  });
});

test("pods come to a node with its label, and go with it", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  await cluster.apply(agent({}, { nodeSelector: { disk: "ssd" } }));
  await cluster.idle();
  equal(await summary(cluster), "");
  const label = (disk: string | null): Promise<Node> =>
    cluster.client.patch(
      Node,
      { name: "node-2" },
      { is: "merge", change: { metadata: { labels: { disk } } } },
    );
  await label("ssd");
  await cluster.idle();
  equal(await summary(cluster), "node-2=1");
  await label(null);
  await cluster.idle();
  equal(await summary(cluster), "");
});

test("a node that is lost loses its pod, and gets one when it comes again", async () => {
  await using cluster = await createCluster({ nodes: 3 });
  await cluster.apply(agent());
  await cluster.idle();
  await cluster.nodes[2]?.stop();
  await cluster.clock.advance("20 minutes");
  // Daemons wait for their node.
  equal((await pods(cluster)).length, 3);
  equal((await statusOf(cluster)).numberReady, 2);
  await cluster.client.delete(Node, { name: "node-3" });
  await cluster.clock.advance("2 minutes");
  equal(await summary(cluster), "node-1=1 node-2=1");
  equal((await statusOf(cluster)).desiredNumberScheduled, 2);
  cluster.nodes[2]?.start();
  await cluster.idle();
  equal(await summary(cluster), "node-1=1 node-2=1 node-3=1");
});

test("an update never lacks more pods than it may", async () => {
  await using cluster = await createCluster({ nodes: 5 });
  await cluster.apply(agent(rolling({ maxUnavailable: 2 })));
  await cluster.idle();
  await cluster.apply(agent(rolling({ maxUnavailable: 2 }), {}, "agent:2"));
  deepEqual(await extremes(cluster), { fewest: 3, most: 5 });
  equal(await summary(cluster), "node-1=2 node-2=2 node-3=2 node-4=2 node-5=2");
  const { items } = await cluster.client.list(ControllerRevision);
  deepEqual(items.map(({ revision }) => revision).toSorted(byNumber), [1, 2]);
});

test("an update with surge never lacks a pod", async () => {
  await using cluster = await createCluster({ nodes: 4 });
  const surge = rolling({ maxSurge: 2, maxUnavailable: 0 });
  await cluster.apply(agent(surge));
  await cluster.idle();
  await cluster.apply(agent(surge, {}, "agent:2"));
  deepEqual(await extremes(cluster), { fewest: 4, most: 6 });
  equal(await summary(cluster), "node-1=2 node-2=2 node-3=2 node-4=2");
});

test("a set that is deleted in the middle of an update goes, with everything", async () => {
  await using cluster = await createCluster({ nodes: 4 });
  await cluster.apply(agent());
  await cluster.idle();
  await cluster.apply(agent({}, {}, "agent:2"));
  await cluster.clock.advance("2s");
  await cluster.client.delete(DaemonSet, at);
  await cluster.idle();
  equal(await summary(cluster), "");
  equal((await cluster.client.list(ControllerRevision)).items.length, 0);
});

test("pods that are left behind are taken over by the next set, as they are", async () => {
  await using cluster = await createCluster({ nodes: 3 });
  await cluster.apply(agent());
  await cluster.idle();
  const uids = async () => new Set((await pods(cluster)).map(({ metadata }) => metadata.uid));
  const before = await uids();
  await cluster.client.delete(DaemonSet, at, { propagationPolicy: "Orphan" });
  await cluster.idle();
  await cluster.apply(agent());
  await cluster.idle();
  deepEqual(await uids(), before);
  equal((await statusOf(cluster)).updatedNumberScheduled, 3);
});

test("an update that is stuck spares the others, and going back restarts none of them", async () => {
  const crashes = { match: { image: "agent:bad" }, ready: false, startError: "no such command" };
  await using cluster = await createCluster({ nodes: 3, behaviours: [crashes] });
  await cluster.apply(agent());
  await cluster.idle();
  const before = new Map((await pods(cluster)).map((pod) => [pod.spec.nodeName, pod]));
  await cluster.apply(agent({}, {}, "agent:bad"));
  await cluster.clock.advance("30 minutes");
  const spared = (await pods(cluster)).filter(isPodReady);
  equal(spared.length, 2);
  await cluster.apply(agent());
  await cluster.idle();
  equal(await summary(cluster), "node-1=1 node-2=1 node-3=1");
  const after = new Map((await pods(cluster)).map((pod) => [pod.spec.nodeName, pod]));
  for (const { spec, metadata } of spared) {
    equal(after.get(spec.nodeName)?.metadata.uid, metadata.uid);
    equal(before.get(spec.nodeName)?.metadata.uid, metadata.uid);
  }
});

test("pods that a node refuses again and again are tried ever more rarely", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  await cluster.apply(agent());
  await cluster.idle();
  let made = 0;
  const failing = (async () => {
    for await (const { type, object } of cluster.watch(Pod)) {
      if (type !== "ADDED") continue;
      made++;
      // As a kubelet does that has no room.
      void cluster.client
        .patch(
          Pod,
          { ...at, name: object.metadata.name ?? "", subresource: "status" },
          { is: "merge", change: { status: { phase: "Failed", reason: "OutOfcpu" } } },
        )
        .catch(() => made--);
    }
  })();
  await cluster.clock.advance("1 hour");
  void failing;
  ok(made >= 8 && made <= 30, `${made} pods`);
  const events = (await cluster.client.list(Event)).items;
  ok(events.some(({ reason }) => reason === "FailedDaemonPod"));
});

test("controllers that end at any point leave one pod on each node in the end", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const random = seededRandom(seed);
    await using cluster = await startTestCluster({ seed, podsReadyAfterMs: seconds(1) });
    const nodes = ["a", "b", "c", "d", "e"];
    for (const name of nodes) await cluster.client.create(Node, { metadata: { name } });
    const anywhere = { tolerations: [{ operator: "Exists" as const }] };
    const manifest = agent(rolling({ maxUnavailable: 2 }), anywhere);
    await cluster.client.create(DaemonSet, { ...manifest, metadata: at });
    for (let step = 0; step < 60; step++) {
      await cluster.advance(seconds(0.5) * random.next());
      const template = (agent({}, anywhere, "agent:2") as DaemonSet).spec.template;
      const change = { spec: { template } };
      if (step === 30) await cluster.client.patch(DaemonSet, at, { is: "strategic", change });
      if (chance(random, 0.4)) await cluster.restart();
    }
    await cluster.advance(minutes(5));
    const present = (await cluster.client.list(Pod)).items;
    deepEqual(present.map((pod) => targetOf(pod) ?? "").toSorted(byText), nodes, `seed ${seed}`);
    ok(present.every(({ spec: { containers } }) => containers[0]?.image === "agent:2"));
    equal((await cluster.client.get(DaemonSet, at)).status.numberAvailable, 5);
  }
});

test("a revision that somebody adds stays until there is a reason to look", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  await cluster.apply(agent());
  await cluster.idle();
  const [first] = (await cluster.client.list(ControllerRevision)).items;
  ok(first);
  const { labels, ownerReferences } = first.metadata;
  await cluster.client.create(ControllerRevision, {
    metadata: { ...at, name: "agent-mine", labels, ownerReferences },
    data: first.data,
    revision: first.revision + 1,
  });
  await cluster.idle();
  equal((await cluster.client.list(ControllerRevision)).items.length, 2);
  await cluster.client.delete(ControllerRevision, { ...at, name: first.metadata.name ?? "" });
  await cluster.apply(agent({}, {}, "agent:2"));
  await cluster.idle();
  const revisions = (await cluster.client.list(ControllerRevision)).items;
  deepEqual(revisions.map(({ revision }) => revision).toSorted(byNumber), [2, 3]);
});
