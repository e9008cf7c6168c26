/** A whole cluster within a test, as its users see it. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Event } from "#api/core/event.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { minutes, seconds } from "#base/clock.ts";
import { podOf, web } from "./test-manifests.ts";
import { type Cluster, createCluster } from "./testing.ts";

const list = async <T extends ApiObject>({ client }: Cluster, kind: Kind<T>) =>
  (await client.list(kind, { namespace: "default" })).items;

const at = (name: string) => ({ namespace: "default", name });

const readyOn = async (cluster: Cluster): Promise<readonly string[]> =>
  (await list(cluster, Pod)).filter(isPodReady).map(({ spec }) => spec.nodeName ?? "");

const eventsOf = async (cluster: Cluster, name: string): Promise<readonly string[]> =>
  (await list(cluster, Event))
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason }) => reason ?? "");

test("a deployment of three runs on three nodes within seconds", async () => {
  await using cluster = await createCluster({ nodes: 3, seed: 7 });
  const before = cluster.clock.now();
  await cluster.apply(web({ replicas: 3 }));
  await cluster.idle();
  const { status } = await cluster.client.get(Deployment, at("web"));
  deepEqual([status.readyReplicas, status.availableReplicas], [3, 3]);
  deepEqual((await readyOn(cluster)).toSorted(), ["node-1", "node-2", "node-3"]);
  ok(cluster.clock.now() - before < seconds(20));
});

test("a rolling update replaces all pods and never has too few", async () => {
  await using cluster = await createCluster({ nodes: 3 });
  await cluster.apply(web({ replicas: 4, image: "web:1" }));
  await cluster.idle();
  let fewest = Infinity;
  const stop = new AbortController();
  const watching = (async () => {
    for await (const { object } of cluster.watch(Deployment, { signal: stop.signal }))
      fewest = Math.min(fewest, object.status.availableReplicas ?? 0);
  })();
  await cluster.apply(web({ replicas: 4, image: "web:2" }));
  await cluster.idle();
  stop.abort();
  await watching;
  const pods = await list(cluster, Pod);
  deepEqual(
    pods.map(({ spec }) => spec.containers[0]?.image),
    ["web:2", "web:2", "web:2", "web:2"],
  );
  equal(fewest, 3);
  const sets = await list(cluster, ReplicaSet);
  deepEqual(new Set(sets.map(({ spec }) => spec.replicas)), new Set([0, 4]));
});

test("the back-off of a container that crashes grows up to five minutes", async () => {
  const crashes = { match: { image: "bad" }, startMs: 0, runsForMs: 1_000, exitCode: 3 };
  await using cluster = await createCluster({ nodes: 1, behaviours: [crashes] });
  const startedAt = new Set<number>();
  void (async () => {
    for await (const { object } of cluster.watch(Pod)) {
      const { state } = object.status.containerStatuses?.[0] ?? {};
      const time = state?.running?.startedAt ?? state?.terminated?.startedAt;
      if (time) startedAt.add(Date.parse(time));
    }
  })();
  await cluster.apply(podOf("crasher", { image: "bad:1" }));
  await cluster.clock.advance("40 minutes");
  const times = [...startedAt].toSorted((a, b) => a - b);
  const pauses = times.slice(1).map((time, i) => Math.round((time - (times[i] ?? 0)) / 1_000));
  deepEqual(
    pauses.slice(0, 8).map((pause) => Math.round(pause / 10) * 10),
    [0, 10, 20, 40, 80, 160, 300, 300],
  );
  const { status } = await cluster.client.get(Pod, at("crasher"));
  const [container] = status.containerStatuses ?? [];
  equal(container?.state.waiting?.reason, "CrashLoopBackOff");
  equal(container?.lastState.terminated?.exitCode, 3);
});

test("the pods of a node that is switched off run elsewhere after five minutes", async () => {
  await using cluster = await createCluster({ nodes: 3 });
  await cluster.apply(web({ replicas: 3 }));
  await cluster.idle();
  await cluster.nodes[0]?.stop();
  await cluster.clock.advance("1 minute");
  const { status, spec } = await cluster.client.get(Node, { name: "node-1" });
  equal(findCondition(status.conditions ?? [], "Ready")?.status, "Unknown");
  deepEqual(
    spec.taints?.map(({ key, effect }) => `${key}:${effect}`),
    ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
  );
  await cluster.clock.advance("4 minutes");
  const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
  equal((await list(cluster, Pod)).some(isLeaving), false);
  await cluster.clock.advance("2 minutes");
  const pods = await list(cluster, Pod);
  deepEqual(
    pods.filter(isLeaving).map(({ spec: { nodeName } }) => nodeName),
    ["node-1"],
  );
  deepEqual(new Set(await readyOn(cluster)), new Set(["node-2", "node-3"]));
  equal((await readyOn(cluster)).length, 3);

  cluster.nodes[0]?.start();
  await cluster.idle();
  equal((await list(cluster, Pod)).some(isLeaving), false);
  const back = await cluster.client.get(Node, { name: "node-1" });
  equal(findCondition(back.status.conditions ?? [], "Ready")?.status, "True");
  equal(back.spec.taints, undefined);
});

test("pods of a node that comes back soon are started again where they were", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  await cluster.apply(podOf("stays", { ports: [80], readinessProbe: { tcpSocket: { port: 80 } } }));
  await cluster.idle();
  const before = await cluster.client.get(Pod, at("stays"));
  await cluster.nodes[0]?.stop();
  equal(cluster.nodes[0]?.isOn, false);
  await cluster.clock.advance("20s");
  cluster.nodes[0]?.start();
  await cluster.idle();
  const after = await cluster.client.get(Pod, at("stays"));
  equal(after.metadata.uid, before.metadata.uid);
  equal(after.status.containerStatuses?.[0]?.restartCount, 1);
  ok(isPodReady(after));
});

test("a container that is to end ends, with the exit code of its turn", async () => {
  const work = { match: { labels: { app: "work" } }, runsForMs: minutes(5), exitCode: [1, 0] };
  await using cluster = await createCluster({ nodes: 1, behaviours: [work] });
  await cluster.apply(podOf("once", { labels: { app: "work" }, restartPolicy: "OnFailure" }));
  await cluster.clock.advance("9 minutes");
  equal((await cluster.client.get(Pod, at("once"))).status.phase, "Running");
  await cluster.clock.advance("2 minutes");
  const { phase, containerStatuses: [container] = [] } = (await cluster.client.get(Pod, at("once")))
    .status;
  deepEqual(
    [phase, container?.restartCount, container?.state.terminated?.reason],
    ["Succeeded", 1, "Completed"],
  );
});

test("probes fail while the rules say so, and a liveness probe restarts the container", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  const httpGet = { path: "/healthz", port: 8080 };
  await cluster.apply(podOf("probed", { readinessProbe: { httpGet }, ports: [8080] }));
  await cluster.idle();
  deepEqual(await readyOn(cluster), ["node-1"]);
  {
    using _broken = cluster.behaviours.add({ match: { container: "app" }, ready: false });
    await cluster.clock.advance("1 minute");
    deepEqual(await readyOn(cluster), []);
  }
  await cluster.clock.advance("1 minute");
  deepEqual(await readyOn(cluster), ["node-1"]);

  cluster.behaviours.add({ match: { image: "sick" }, unhealthyAfterMs: minutes(2) });
  await cluster.apply(podOf("sick", { image: "sick:1", livenessProbe: { httpGet } }));
  await cluster.clock.advance("4 minutes");
  const { status } = await cluster.client.get(Pod, at("sick"));
  equal(status.containerStatuses?.[0]?.restartCount, 1);
  ok((await eventsOf(cluster, "sick")).includes("Unhealthy"));
});

test("an image that cannot be pulled shows in the pod", async () => {
  const pullError = "no such image";
  await using cluster = await createCluster({
    nodes: 1,
    behaviours: [{ match: { image: "gone" }, pullError }],
  });
  await cluster.apply(podOf("waits", { image: "gone" }));
  await cluster.idle({ quiet: "1s" });
  const { status } = await cluster.client.get(Pod, at("waits"));
  match(
    status.containerStatuses?.[0]?.state.waiting?.reason ?? "",
    /^(ErrImagePull|ImagePullBackOff)$/,
  );
  ok((await eventsOf(cluster, "waits")).includes("Failed"));
});

test("a pod that ignores requests to stop is killed when its time is over", async () => {
  const stubborn = { match: { image: "stubborn" }, stopsAfterMs: Infinity };
  await using cluster = await createCluster({ nodes: 1, behaviours: [stubborn] });
  await cluster.apply([podOf("slow", { image: "stubborn" }), podOf("quick", {})]);
  await cluster.idle();
  for (const name of ["slow", "quick"]) await cluster.client.delete(Pod, at(name));
  await cluster.clock.advance("29 seconds");
  deepEqual(
    (await list(cluster, Pod)).map(({ metadata }) => metadata.name),
    ["slow"],
  );
  await cluster.clock.advance("3 seconds");
  deepEqual(await list(cluster, Pod), []);
});

test("what a container wrote can be read through the API", async () => {
  const talks = { match: { image: "talks" }, logs: ["hello", "world"] };
  await using cluster = await createCluster({ nodes: 1, behaviours: [talks] });
  await cluster.apply(podOf("talker", { image: "talks" }));
  await cluster.idle();
  const path = "/api/v1/namespaces/default/pods/talker/log";
  const { status, body } = await cluster.client.raw({ method: "GET", path });
  equal(status, 200);
  const chunks = body.is === "stream" ? await Array.fromAsync(body.chunks) : [];
  equal(Buffer.concat(chunks).toString(), "hello\nworld\n");
  const exec = { method: "GET", path: path.replace(/log$/, "exec") } as const;
  const query = new URLSearchParams("command=ls&stdout=true");
  const { response } = await cluster.client.connect({ ...exec, query });
  equal(response.status, 400);
});

test("nodes have the capacity, labels, taints and zones that were asked for", async () => {
  await using cluster = await createCluster({
    nodes: [
      { name: "big", capacity: { cpu: "64", memory: "512Gi", pods: 250 }, zone: "a" },
      {
        name: "gpu",
        labels: { accelerator: "yes" },
        taints: [{ key: "gpu", effect: "NoSchedule" }],
      },
    ],
  });
  const [big, gpu] = (await cluster.client.list(Node)).items;
  deepEqual(
    [
      big?.status.capacity?.["cpu"],
      big?.status.capacity?.["memory"],
      big?.status.capacity?.["pods"],
    ],
    ["64", "512Gi", "250"],
  );
  equal(big?.metadata.labels?.["topology.kubernetes.io/zone"], "a");
  equal(gpu?.metadata.labels?.["accelerator"], "yes");
  await cluster.apply(web({ replicas: 2 }));
  await cluster.idle();
  deepEqual(await readyOn(cluster), ["big", "big"]);
});

test("a cluster at rest writes heartbeats only", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  await cluster.idle();
  const { metadata } = await cluster.client.list(Node);
  await cluster.clock.advance("4 minutes");
  const now = await cluster.client.list(Node);
  // Two leases every ten seconds.
  equal(Number(now.metadata.resourceVersion) - Number(metadata.resourceVersion), 2 * 24);
});

test("only what a user may do is done", async () => {
  await using cluster = await createCluster();
  const stranger = cluster.clientFor("stranger");
  await rejects(stranger.list(Pod, { namespace: "default" }), (cause) =>
    isReason(cause, "Forbidden"),
  );
  await cluster.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: readers }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: default, namespace: default }]
`);
  const account = cluster.clientFor("system:serviceaccount:default:default");
  deepEqual((await account.list(Pod, { namespace: "default" })).items, []);
});

test("a namespace and what is in it can be applied together, and again", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  const both = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Pod
metadata: { name: till, namespace: shop }
spec: { containers: [{ name: app, image: till }] }
`;
  await cluster.apply(both);
  await cluster.apply({
    toJson: () => [{ apiVersion: "v1", kind: "List", items: [podOf("more", {})] }],
  });
  await cluster.apply(both);
  await cluster.idle();
  equal((await cluster.client.get(Namespace, { name: "shop" })).status.phase, "Active");
  ok(isPodReady(await cluster.client.get(Pod, { namespace: "shop", name: "till" })));
  await rejects(cluster.apply({ apiVersion: "v1", kind: "Pot" }), /no kind Pot in v1/);
  await rejects(cluster.apply({ replicas: 3 }), /an object needs apiVersion and kind/);
});

test("idle gives up on a cluster that never rests, and says where it is busy", async () => {
  const flaps = { startMs: 0, runsForMs: 100, exitCode: 0 };
  await using cluster = await createCluster({ nodes: 1, behaviours: [flaps] });
  await cluster.apply(podOf("busy", {}));
  await rejects(
    cluster.idle({ quiet: "10 minutes", limit: "20 minutes" }),
    /still busy after 20 minutes: \/registry\/pods\/default\/busy changed/,
  );
});

test("a signal ends what is under way", async () => {
  const stop = new AbortController();
  await using cluster = await createCluster({ nodes: 1, signal: stop.signal });
  const { clock } = cluster;
  clock.after(minutes(3), () => stop.abort(new Error("enough")));
  await rejects(clock.advance("1 day"), /enough/);
  ok(clock.now() < Date.UTC(2030, 0, 1, 0, 4));
  await rejects(cluster.idle(), /enough/);
});

test("admission webhooks are functions", async () => {
  const seen: string[] = [];
  await using cluster = await createCluster({
    nodes: 1,
    webhooks: {
      "https://labels.example.com/add": ({ object }) => {
        seen.push(object.metadata.generateName);
        return {
          allowed: true,
          patch: [{ op: "add", path: "/metadata/labels/hooked", value: "yes" }],
        };
      },
    },
  });
  await cluster.apply({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "labels" },
    webhooks: [
      {
        name: "labels.example.com",
        clientConfig: { url: "https://labels.example.com/add" },
        rules: [
          { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] },
        ],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  });
  await cluster.apply(web({ replicas: 1 }));
  await cluster.idle();
  const [pod] = await list(cluster, Pod);
  deepEqual([pod?.metadata.labels?.["hooked"], pod && isPodReady(pod)], ["yes", true]);
  match(seen.join(), /^web-\w+-$/);
});
