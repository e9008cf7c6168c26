/** What conformance asks of scheduling (group sig-scheduling), of a whole cluster. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { LimitRange } from "#api/core/limitrange.ts";
import { Node } from "#api/core/node.ts";
import { conditionOf } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { isReason } from "#api/errors.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import type { Cluster } from "./cluster.ts";
import { createCluster } from "./testing.ts";

const namespace = "default";

const podNamed = (name: string, spec: object, container: object = {}): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { containers: [{ name: "app", image: "app:1", ...container }], ...spec },
});

const wanting = (requests: object) => ({ resources: { requests, limits: requests } });

const priorityClass = (name: string, value: number): object => ({
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name },
  value,
});

const get = ({ client }: Cluster, name: string): Promise<Pod> =>
  client.get(Pod, { namespace, name });

const whyPending = async (cluster: Cluster, name: string): Promise<string> => {
  const { spec, status } = await get(cluster, name);
  equal(spec.nodeName, undefined);
  const condition = conditionOf({ status }, "PodScheduled");
  equal(condition?.reason, "Unschedulable");
  return condition?.message ?? "";
};

const change = (more: object) => ({ is: "merge", change: more }) as const;

test("devices that are published of simulated nodes go from pod to pod", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  const driver = "gpu.example.com";
  const kinds = { apiVersion: "resource.k8s.io/v1", metadata: { name: "gpu", namespace } };
  const request = { name: "gpu", exactly: { deviceClassName: "gpu" } };
  const [first] = (await cluster.client.list(Node)).items;
  const nodeName = first?.metadata.name ?? "";
  const pool = { name: nodeName, generation: 1, resourceSliceCount: 1 };
  const objects = [
    { ...kinds, kind: "DeviceClass", metadata: { name: "gpu" }, spec: {} },
    {
      ...kinds,
      kind: "ResourceSlice",
      metadata: { name: "gpus" },
      spec: { driver, nodeName, pool, devices: [{ name: "one" }] },
    },
    {
      ...kinds,
      kind: "ResourceClaimTemplate",
      spec: { spec: { devices: { requests: [request] } } },
    },
  ];
  for (const object of objects) await cluster.apply(object);
  const resourceClaims = [{ name: "gpu", resourceClaimTemplateName: "gpu" }];
  const container = { resources: { claims: [{ name: "gpu" }] } };
  for (const name of ["a", "b"]) {
    await cluster.apply(podNamed(name, { resourceClaims }, container));
    await cluster.idle();
  }
  const phaseOf = async (name: string) => (await get(cluster, name)).status.phase;
  deepEqual([await phaseOf("a"), (await get(cluster, "a")).spec.nodeName], ["Running", nodeName]);
  match(await whyPending(cluster, "b"), /2 cannot allocate all claims/);
  await cluster.client.delete(Pod, { namespace, name: "a" });
  await cluster.idle();
  deepEqual([await phaseOf("b"), (await get(cluster, "b")).spec.nodeName], ["Running", nodeName]);
  const claims = (await cluster.client.list(ResourceClaim)).items;
  deepEqual(
    claims.map(({ status }) => status.reservedFor?.map((user) => user.name)),
    [["b"]],
    "the claim of the first is gone",
  );
});

test("a limit range fills in what pods do not say, and refuses what is outside", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  const range = (min: string): object => ({
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "range", namespace },
    spec: {
      limits: [
        {
          type: "Container",
          min: { cpu: min },
          max: { cpu: "500m" },
          default: { cpu: "400m" },
          defaultRequest: { cpu: "100m" },
        },
      ],
    },
  });
  await cluster.apply(range("50m"));
  await cluster.apply(podNamed("plain", {}));
  deepEqual((await get(cluster, "plain")).spec.containers[0]?.resources, {
    limits: { cpu: "400m" },
    requests: { cpu: "100m" },
  });
  const asking = (name: string, cpu: string) => cluster.apply(podNamed(name, {}, wanting({ cpu })));
  await rejects(asking("small", "10m"), /minimum cpu usage per Container is 50m/);
  await rejects(asking("large", "600m"), /maximum cpu usage per Container is 500m/);
  await cluster.apply(range("10m"));
  await asking("small", "10m");
});

test("limit ranges are listed by label, patched, and deleted in one namespace", async () => {
  await using cluster = await createCluster();
  const { client } = cluster;
  const labels = { of: "test" };
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } });
  for (const at of [namespace, "other"])
    await client.create(LimitRange, {
      metadata: { name: "range", namespace: at, labels },
      spec: { limits: [{ type: "Container", max: { cpu: "1" } }] },
    });
  const listed = async (): Promise<(string | undefined)[]> =>
    (await client.list(LimitRange, { labelSelector: "of=test" })).items.map(
      ({ metadata }) => metadata.namespace,
    );
  deepEqual(await listed(), [namespace, "other"]);
  const patch = change({ metadata: { labels: { patched: "yes" } } });
  const patched = await client.patch(LimitRange, { namespace, name: "range" }, patch);
  equal(patched.metadata.labels?.["patched"], "yes");
  await client.deleteCollection(LimitRange, { namespace, labelSelector: "of=test" });
  deepEqual(await listed(), ["other"]);
});

test("a pod that asks for more than any node has left waits", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  const { allocatable } = (await cluster.client.get(Node, { name: "node-1" })).status;
  const cpu = Math.ceil(Number(allocatable?.["cpu"]) * 0.7);
  for (const name of ["one", "two", "three"])
    await cluster.apply(podNamed(name, {}, wanting({ cpu: `${cpu}` })));
  await cluster.idle();
  match(await whyPending(cluster, "three"), /^0\/2 nodes are available: 2 Insufficient cpu/);
});

test("a node selector is kept", async () => {
  await using cluster = await createCluster({ nodes: 3 });
  await cluster.client.patch(
    Node,
    { name: "node-2" },
    change({ metadata: { labels: { a: "b" } } }),
  );
  await cluster.apply(podNamed("there", { nodeSelector: { a: "b" } }));
  await cluster.apply(podNamed("nowhere", { nodeSelector: { a: "c" } }));
  await cluster.idle();
  equal((await get(cluster, "there")).spec.nodeName, "node-2");
  match(await whyPending(cluster, "nowhere"), /3 node\(s\) didn't match Pod's node affinity/);
});

test("a host port on all addresses is taken on each", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  const listening = (hostIP?: string) => ({
    ports: [
      { containerPort: 80, hostPort: 54_322, protocol: "TCP", ...(hostIP ? { hostIP } : {}) },
    ],
  });
  await cluster.apply(podNamed("all", {}, listening()));
  await cluster.idle();
  await cluster.apply(podNamed("one", {}, listening("192.0.2.1")));
  await cluster.idle();
  equal((await get(cluster, "all")).spec.nodeName, "node-1");
  match(await whyPending(cluster, "one"), /1 node\(s\) didn't have free ports/);
});

test("the value of a priority class stays, the rest of it may change", async () => {
  await using cluster = await createCluster();
  const { client } = cluster;
  await cluster.apply(priorityClass("p1", 1));
  await cluster.apply(priorityClass("p2", 2));
  const at = { name: "p1" };
  await rejects(client.patch(PriorityClass, at, change({ value: 5 })), (cause) =>
    isReason(cause, "Invalid"),
  );
  const current = await client.get(PriorityClass, at);
  await rejects(client.update(PriorityClass, { ...current, value: 5 }), (cause) =>
    isReason(cause, "Invalid"),
  );
  await client.patch(PriorityClass, at, change({ description: "patched" }));
  const patched = await client.get(PriorityClass, at);
  await client.update(PriorityClass, { ...patched, description: `${patched.description} twice` });
  const names = (await client.list(PriorityClass)).items.map(({ metadata, value, description }) => [
    metadata.name,
    value,
    description ?? "",
  ]);
  deepEqual(
    names.filter(([name]) => name === "p1" || name === "p2"),
    [
      ["p1", 1, "patched twice"],
      ["p2", 2, ""],
    ],
  );
});

/** A node where so many pods find room that ask for a CPU each. */
const nodeFor = (count: number) => [{ capacity: { cpu: `${count + 0.5}` } }];

for (const name of ["high", "system-cluster-critical"])
  test(`a pod of class ${name} takes the place of a less important one, who is told`, async () => {
    await using cluster = await createCluster({ nodes: nodeFor(2) });
    await cluster.apply(priorityClass("low", 1));
    await cluster.apply(priorityClass("medium", 100));
    await cluster.apply(priorityClass("high", 1_000));
    const one = wanting({ cpu: "1" });
    const victim = { priorityClassName: "low" };
    await cluster.apply({
      ...podNamed("low", victim, one),
      metadata: { name: "low", namespace, finalizers: ["example.com/look"] },
    });
    await cluster.apply(podNamed("medium", { priorityClassName: "medium" }, one));
    await cluster.idle();
    await cluster.apply(podNamed("preemptor", { priorityClassName: name }, one));
    await cluster.idle();
    const low = await get(cluster, "low");
    ok(low.metadata.deletionTimestamp);
    const target = conditionOf(low, "DisruptionTarget");
    deepEqual([target?.status, target?.reason], ["True", "PreemptionByScheduler"]);
    equal((await get(cluster, "medium")).metadata.deletionTimestamp, undefined);
    await cluster.client.patch(
      Pod,
      { namespace, name: "low" },
      change({ metadata: { finalizers: null } }),
    );
    await cluster.idle();
    equal((await get(cluster, "preemptor")).spec.nodeName, "node-1");
  });

test("replica sets of rising priority push each other out until the counts fit", async () => {
  await using cluster = await createCluster({ nodes: nodeFor(5) });
  const wanted = [1, 1, 3, 1];
  for (const [i, replicas] of wanted.entries()) {
    const app = `p${i + 1}`;
    await cluster.apply(priorityClass(app, i + 1));
    await cluster.apply({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: { name: app, namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app } },
        template: {
          metadata: { labels: { app } },
          spec: {
            priorityClassName: app,
            terminationGracePeriodSeconds: 0,
            containers: [{ name: "app", image: "app:1", ...wanting({ cpu: "1" }) }],
          },
        },
      },
    });
    await cluster.idle();
  }
  const available = (await cluster.client.list(ReplicaSet)).items.map(({ metadata, status }) => [
    metadata.name,
    status.availableReplicas ?? 0,
  ]);
  deepEqual(available, [
    ["p1", 0],
    ["p2", 1],
    ["p3", 3],
    ["p4", 1],
  ]);
});
