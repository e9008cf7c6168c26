/** What each fault does to a cluster, and that the cluster gets over it. */
import { deepEqual, equal, match, notEqual, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { MutatingWebhookConfiguration } from "#api/admissionregistration/mutatingwebhookconfiguration.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Node } from "#api/core/node.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { podOf, web } from "../test-manifests.ts";
import { type Cluster, type ClusterOptions, createCluster } from "../testing.ts";

const inDefault = { namespace: "default" };
const at = (name: string) => ({ ...inDefault, name });

const small = (options: ClusterOptions = {}): Promise<Cluster> =>
  createCluster({ nodes: 2, invariants: true, ...options });

const pods = async ({ client }: Cluster): Promise<readonly Pod[]> =>
  (await client.list(Pod, inDefault)).items;

const readyPods = async (cluster: Cluster): Promise<number> =>
  (await pods(cluster)).filter(isPodReady).length;

async function isNodeReady({ client }: Cluster, name: string): Promise<string | undefined> {
  const { status } = await client.get(Node, { name });
  return findCondition(status.conditions ?? [], "Ready")?.status;
}

test("while the scheduler is down nothing is scheduled, afterwards everything is", async () => {
  await using cluster = await small();
  const down = cluster.faults.strike("crash", { component: "kube-scheduler" });
  await cluster.apply(web({ replicas: 2 }));
  await cluster.clock.advance("1 minute");
  equal((await pods(cluster)).filter(({ spec }) => spec.nodeName).length, 0);
  down[Symbol.dispose]();
  await cluster.idle();
  equal(await readyPods(cluster), 2);
});

for (const isServed of [true, false])
  for (const atRequest of [1, 2, 3, 5, 8])
    test(`controllers that crash at request ${atRequest}, ${isServed ? "after" : "before"} it is served, end where they should`, async () => {
      await using cluster = await small();
      const component = "kube-controller-manager";
      const args = { component, atRequest, isServed };
      cluster.faults.place({ fault: "crash", args, lastsMs: 20_000 });
      await cluster.apply(web({ replicas: 3 }));
      await cluster.clock.advance("1 minute");
      await cluster.idle();
      deepEqual([(await pods(cluster)).length, await readyPods(cluster)], [3, 3]);
    });

test("an API server that crashed answers nobody; started again it knows everything", async () => {
  await using cluster = await small();
  await cluster.apply(web({ replicas: 2 }));
  await cluster.idle();
  const before = (await pods(cluster)).map(({ metadata: { uid } }) => uid);
  const down = cluster.faults.strike("crash", { component: "kube-apiserver" });
  await rejects(cluster.client.list(Pod), /cannot be reached/);
  await cluster.clock.advance("20 seconds");
  down[Symbol.dispose]();
  // Whoever was not answered asks again, later and later.
  await cluster.clock.advance("2 minutes");
  deepEqual(
    (await pods(cluster)).map(({ metadata: { uid } }) => uid),
    before,
  );
  await cluster.apply(web({ replicas: 4 }));
  await cluster.idle();
  equal(await readyPods(cluster), 4);
});

for (const kubelets of ["whole", "light"] as const) {
  const start = (options: ClusterOptions = {}): Promise<Cluster> => small({ kubelets, ...options });

  test(`${kubelets} kubelets: a kubelet that crashed leaves its containers alone, and takes them up again`, async () => {
    await using cluster = await start({ nodes: 1 });
    await cluster.apply(podOf("stays", {}));
    await cluster.idle();
    const down = cluster.faults.strike("crash", { component: "kubelet/node-1" });
    await cluster.clock.advance("1 minute");
    equal(await isNodeReady(cluster, "node-1"), "Unknown");
    equal(cluster.nodes[0]?.runningPods().length, 1);
    down[Symbol.dispose]();
    await cluster.idle();
    const { status } = await cluster.client.get(Pod, at("stays"));
    equal(status.containerStatuses?.[0]?.restartCount, 0);
    ok(await readyPods(cluster));
  });

  test(`${kubelets} kubelets: a kubelet that crashes at its very first request is started again: seed 1120`, async () => {
    await using cluster = await start();
    await cluster.nodes[0]?.stop();
    const args = { component: "kubelet/node-1", atRequest: 1 };
    cluster.faults.place({ fault: "crash", args, lastsMs: 30_000 });
    cluster.nodes[0]?.start();
    await cluster.clock.advance("5 seconds");
    equal(cluster.nodes[0]?.isRunning, false);
    await cluster.clock.advance("2 minutes");
    equal(cluster.nodes[0]?.isRunning, true);
    equal(await isNodeReady(cluster, "node-1"), "True");
  });

  test(`${kubelets} kubelets: a node that is cut off counts as lost, and its pods run on there`, async () => {
    await using cluster = await start();
    await cluster.apply(web({ replicas: 2 }));
    await cluster.idle();
    const { length } = cluster.nodes[0]?.runningPods() ?? [];
    const cut = cluster.faults.strike("partition", { node: "node-1" });
    await cluster.clock.advance("1 minute");
    equal(await isNodeReady(cluster, "node-1"), "Unknown");
    equal(cluster.nodes[0]?.runningPods().length, length);
    for (const { metadata } of await pods(cluster))
      await cluster.client.delete(Pod, at(metadata.name ?? ""));
    await cluster.clock.advance("1 minute");
    equal(cluster.nodes[0]?.runningPods().length, length);
    cut[Symbol.dispose]();
    await cluster.clock.advance("2 minutes");
    equal(await isNodeReady(cluster, "node-1"), "True");
    equal((await pods(cluster)).length, 2);
    equal(await readyPods(cluster), 2);
  });

  test(`${kubelets} kubelets: a lost node is switched on again when the fault ends`, async () => {
    await using cluster = await start();
    cluster.faults.place({ fault: "nodeLost", args: { node: "node-2" }, lastsMs: 60_000 });
    await cluster.clock.advance("55 seconds");
    equal(await isNodeReady(cluster, "node-2"), "Unknown");
    await cluster.clock.advance("1 minute");
    equal(await isNodeReady(cluster, "node-2"), "True");
  });

  test(`${kubelets} kubelets: a node whose clock is wrong says so in its heartbeats`, async () => {
    await using cluster = await start();
    using _skew = cluster.faults.strike("clockSkew", { node: "node-1", ms: 3_600_000 });
    await cluster.clock.advance("10 minutes");
    const { status } = await cluster.client.get(Node, { name: "node-1" });
    const beat = findCondition(status.conditions ?? [], "Ready")?.lastHeartbeatTime ?? "";
    ok(Date.parse(beat) - cluster.clock.now() > 3_000_000, beat);
    equal(await isNodeReady(cluster, "node-1"), "True");
  });
}

const component = "kube-controller-manager";
for (const [fault, args] of [
  ["conflicts", { component, probability: 0.5 }],
  ["requestsLost", { component, probability: 0.5 }],
  ["repliesLost", { component, probability: 0.3 }],
  ["requestsSlow", { component, maxMs: 3_000 }],
  ["watchesDelayed", { component, maxMs: 10_000 }],
  ["watchesSplit", { component, pauseMsMax: 500 }],
  ["watchesDropped", { component, probability: 0.5 }],
  ["watchesDropped", { component, probability: 0.5, isExpired: true }],
  ["storeSlow", { maxMs: 1_000 }],
  ["storeFailing", { probability: 0.3 }],
  ["storeFailing", { probability: 0.3, isStored: true }],
] as const)
  test(`a rollout ends well in spite of ${fault} ${JSON.stringify(args)}, but is another run`, async () => {
    const traces: string[] = [];
    for (const isFaulty of [true, false]) {
      await using cluster = await small();
      if (isFaulty) cluster.faults.place({ fault, args, afterMs: 1, lastsMs: 120_000 });
      await cluster.clock.advance(2);
      // What is asked for may fail as well: that is what a user sees.
      await eventually(cluster, () => cluster.apply(web({ replicas: 4 })));
      await cluster.clock.advance("3 minutes");
      await cluster.idle();
      const { status } = await cluster.client.get(Deployment, at("web"));
      deepEqual([status.readyReplicas, (await pods(cluster)).length], [4, 4]);
      traces.push(cluster.trace);
    }
    notEqual(traces[0], traces[1]);
  });

async function eventually<T>(cluster: Cluster, act: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await act();
    } catch (cause) {
      if (tries >= 50) throw cause;
      await cluster.clock.advance("1 second");
    }
  }
}

test("while the store does not answer, writes fail and reads do not", async () => {
  await using cluster = await small();
  using _crash = cluster.faults.strike("storeCrashed", {});
  await rejects(cluster.client.create(ConfigMap, { metadata: at("new") }), /Internal/);
  ok((await cluster.client.list(Node)).items.length);
});

test("a webhook that does not answer in time is passed over, if that is its policy", async () => {
  const url = "https://hooks.example.com/mark";
  const mark = () => ({
    allowed: true,
    patch: [{ op: "add", path: "/metadata/labels", value: { marked: "yes" } }],
  });
  await using cluster = await createCluster({ webhooks: { [url]: mark } });
  const hook = (failurePolicy: string) => ({
    name: "mark.example.com",
    clientConfig: { url },
    rules: [
      { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] },
    ],
    failurePolicy,
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 3,
  });
  const { apiVersion, kind } = MutatingWebhookConfiguration;
  const configure = (policy: string) =>
    cluster.apply({ apiVersion, kind, metadata: { name: "mark" }, webhooks: [hook(policy)] });
  const labelOf = async (name: string): Promise<string | undefined> => {
    const [made] = await cluster.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
    return made?.metadata.labels?.["marked"];
  };
  await configure("Ignore");
  equal(await labelOf("before"), "yes");
  using _slow = cluster.faults.strike("webhookTimeout", {});
  const startedMs = cluster.clock.now();
  equal(await labelOf("meanwhile"), undefined);
  equal(cluster.clock.now() - startedMs, 3_000);
  await configure("Fail");
  await rejects(labelOf("never"), /failed calling webhook "mark.example.com"/);
});

test("a storm is drawn from the seed, and heals", async () => {
  const draw = async (seed: number) => {
    await using cluster = await small({ seed });
    return cluster.faults.storm({ count: 6, within: "2 minutes" });
  };
  deepEqual(await draw(3), await draw(3));
  notEqual(JSON.stringify(await draw(3)), JSON.stringify(await draw(4)));
  await using cluster = await small({ seed: 3 });
  equal(cluster.faults.isCalm, true);
  cluster.faults.storm({ count: 6, within: "2 minutes" });
  equal(cluster.faults.isCalm, false);
  await cluster.clock.advance("3 minutes");
  equal(cluster.faults.isCalm, true);
});

test("who is named and is not there is told who is", async () => {
  await using cluster = await small();
  throws(
    () => cluster.faults.strike("crash", { component: "scheduler" }),
    /there is no component "scheduler": there are kube-apiserver, kube-scheduler/,
  );
  using _slow = cluster.faults.strike("requestsSlow", { component: "client", maxMs: 1 });
  throws(
    () => cluster.faults.strike("requestsSlow", { component: "kube-schedulr", maxMs: 1 }),
    /, client; did you mean "kube-scheduler"\?$/,
  );
  throws(
    () => cluster.faults.strike("partition", { node: "node-9" }),
    /there is no node "node-9": there are node-1, node-2/,
  );
  throws(
    () => cluster.faults.strike("flood" as never, {} as never),
    (cause) => {
      match(String(cause), /there is no fault "flood": there are clockSkew, conflicts, crash/);
      return true;
    },
  );
});
