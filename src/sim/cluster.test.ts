/** A whole cluster within a test, as its users see it. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { minutes, seconds } from "#base/clock.ts";
import { at, list, readyOn } from "./looking.ts";
import { podOf, web } from "./test-manifests.ts";
import { createCluster } from "./testing.ts";

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

test("its clock starts in 2030, or where it is told to", async () => {
  await using usual = await createCluster();
  equal(new Date(usual.clock.now()).toISOString(), "2030-01-01T00:00:00.000Z");
  await using earlier = await createCluster({ startsAt: new Date("2020-02-03T04:05:06Z") });
  const { metadata } = await earlier.client.get(Namespace, { name: "default" });
  equal(metadata.creationTimestamp, "2020-02-03T04:05:06Z");
  await rejects(createCluster({ startsAt: new Date("soon") }), /startsAt/);
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

test("a long list with a selector needs no time to pass", async () => {
  await using cluster = await createCluster();
  const namespace = "default";
  const labels = { kept: "yes" };
  for (let i = 0; i < 1_500; i++)
    await cluster.client.create(ConfigMap, { metadata: { namespace, name: `c${i}`, labels } });
  const found = await cluster.client.list(ConfigMap, { namespace, labelSelector: "kept=yes" });
  equal(found.items.length, 1_500);
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
