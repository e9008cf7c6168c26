import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Endpoints } from "#api/core/endpoints.ts";
import { Event } from "#api/core/event.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { Service } from "#api/core/service.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { formatMicroTime, minutes, seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";

const web = (replicas: number) => ({
  metadata: { namespace, name: "web" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "c", image: "web" }] },
    },
    strategy: { type: "RollingUpdate" as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  },
});

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** In the namespace, without what every cluster has. */
const names = async (
  { client }: TestCluster,
  kind: AnyKind,
  within = namespace,
): Promise<string[]> =>
  (await client.list<ApiObject>(kind, { namespace: within })).items
    .filter(({ metadata }) => metadata.name !== "kubernetes")

    .map(({ metadata }) => metadata.name ?? "")
    .toSorted(byText);

const countOf = async (cluster: TestCluster, kind: AnyKind): Promise<number> =>
  (await names(cluster, kind)).length;

test("with a deployment goes all that was made for it", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(Deployment, web(3));
  await cluster.advance(seconds(5));
  equal(await countOf(cluster, Pod), 3);
  await cluster.client.delete(Deployment, { namespace, name: "web" });
  await cluster.advance(seconds(5));
  deepEqual([await countOf(cluster, ReplicaSet), await countOf(cluster, Pod)], [0, 0]);
  deepEqual(cluster.complaints, []);
});

test("in the foreground the deployment goes last", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(Deployment, web(2));
  await cluster.advance(seconds(1));
  const [pod] = (await cluster.client.list(Pod)).items;
  await cluster.client.patch(
    Pod,
    { namespace, name: pod?.metadata.name ?? "" },
    { is: "merge", change: { metadata: { finalizers: ["example.com/hold"] } } },
  );
  const propagationPolicy = "Foreground";
  await cluster.client.delete(Deployment, { namespace, name: "web" }, { propagationPolicy });
  await cluster.advance(minutes(2));
  deepEqual([await countOf(cluster, Deployment), await countOf(cluster, ReplicaSet)], [1, 1]);
  await cluster.client.patch(
    Pod,
    { namespace, name: pod?.metadata.name ?? "" },
    { is: "merge", change: { metadata: { finalizers: [] } } },
  );
  await cluster.advance(seconds(5));
  deepEqual([await countOf(cluster, Deployment), await countOf(cluster, ReplicaSet)], [0, 0]);
});

test("orphaned pods stay, and are adopted by the next ReplicaSet that selects them", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  const { spec, metadata } = web(2);
  const { strategy: _strategy, ...setSpec } = spec;
  await cluster.client.create(ReplicaSet, { metadata, spec: setSpec });
  await cluster.advance(seconds(2));
  const before = await names(cluster, Pod);
  const propagationPolicy = "Orphan";
  await cluster.client.delete(ReplicaSet, { namespace, name: "web" }, { propagationPolicy });
  await cluster.advance(seconds(2));
  const pods = await cluster.client.list(Pod);
  deepEqual(
    pods.items.map((pod) => pod.metadata.ownerReferences ?? []),
    [[], []],
  );
  await cluster.client.create(ReplicaSet, {
    metadata: { ...metadata, name: "heir" },
    spec: setSpec,
  });
  await cluster.advance(seconds(2));
  deepEqual(await names(cluster, Pod), before);
  const adopted = (await cluster.client.list(Pod)).items;
  deepEqual(
    adopted.map((pod) => pod.metadata.ownerReferences?.[0]?.name),
    ["heir", "heir"],
  );
});

test("a replication controller keeps its pods, and replaces one whose label is changed", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  const { template } = web(2).spec;
  await cluster.client.create(ReplicationController, {
    metadata: { namespace, name: "old-style" },
    spec: { replicas: 2, selector: { app: "web" }, template },
  });
  await cluster.advance(seconds(2));
  const [name = ""] = await names(cluster, Pod);
  await cluster.client.patch(
    Pod,
    { namespace, name },
    { is: "merge", change: { metadata: { labels: { app: "debug" } } } },
  );
  await cluster.advance(seconds(2));
  equal(await countOf(cluster, Pod), 3);
  const freed = await cluster.client.get(Pod, { namespace, name });
  equal(freed.metadata.ownerReferences, undefined);
  const set = await cluster.client.get(ReplicationController, { namespace, name: "old-style" });
  equal(set.status.readyReplicas, 2);
});

test("a deployment that is deleted alone leaves its set and its pods to nobody", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(Deployment, web(2));
  await cluster.advance(seconds(2));
  const before = [await names(cluster, ReplicaSet), await names(cluster, Pod)];
  const propagationPolicy = "Orphan";
  await cluster.client.delete(Deployment, { namespace, name: "web" }, { propagationPolicy });
  await cluster.advance(seconds(30));
  equal(await countOf(cluster, Deployment), 0);
  deepEqual([await names(cluster, ReplicaSet), await names(cluster, Pod)], before);
  const [set] = (await cluster.client.list(ReplicaSet)).items;
  equal(set?.metadata.ownerReferences, undefined);
});

const oldStyle = { namespace, name: "old-style" };

/** A controller with so many pods. */
async function startOldStyle(cluster: TestCluster, replicas: number): Promise<void> {
  const { template } = web(replicas).spec;
  const spec = { replicas, selector: { app: "web" }, template };
  await cluster.client.create(ReplicationController, { metadata: oldStyle, spec });
  await cluster.advance(seconds(2));
}

test("with a replication controller go its pods, in the background or before it, unless they are orphaned", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  const remove = async (
    propagationPolicy: "Background" | "Foreground" | "Orphan",
  ): Promise<readonly number[]> => {
    await startOldStyle(cluster, 3);
    await cluster.client.delete(ReplicationController, oldStyle, { propagationPolicy });
    await cluster.advance(seconds(5));
    return [await countOf(cluster, ReplicationController), await countOf(cluster, Pod)];
  };
  deepEqual(await remove("Background"), [0, 0]);
  deepEqual(await remove("Foreground"), [0, 0]);
  deepEqual(await remove("Orphan"), [0, 3]);
  const { items } = await cluster.client.list(Pod);
  ok(items.every(({ metadata }) => metadata.ownerReferences === undefined));
});

const held = (finalizers: readonly string[]) =>
  ({ is: "merge", change: { metadata: { finalizers } } }) as const;

test("a controller that is deleted in the foreground stays until the last of its pods is gone", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await startOldStyle(cluster, 2);
  const [name = ""] = await names(cluster, Pod);
  await cluster.client.patch(Pod, { namespace, name }, held(["example.com/hold"]));
  const propagationPolicy = "Foreground";
  await cluster.client.delete(ReplicationController, oldStyle, { propagationPolicy });
  await cluster.advance(minutes(1));
  deepEqual(
    [await countOf(cluster, ReplicationController), await names(cluster, Pod)],
    [1, [name]],
  );
  await cluster.client.patch(Pod, { namespace, name }, held([]));
  await cluster.advance(seconds(5));
  equal(await countOf(cluster, ReplicationController), 0);
});

test("pods that have another living owner outlive one that is deleted in the foreground", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await startOldStyle(cluster, 2);
  const other = await cluster.client.create(ConfigMap, { metadata: { namespace, name: "stays" } });
  const [shared = ""] = await names(cluster, Pod);
  const pod = await cluster.client.get(Pod, { namespace, name: shared });
  const { name: ownerName, uid } = other.metadata;
  const also = { apiVersion: "v1", kind: "ConfigMap", name: ownerName ?? "", uid: uid ?? "" };
  const ownerReferences = [...(pod.metadata.ownerReferences ?? []), also];
  await cluster.client.patch(
    Pod,
    { namespace, name: shared },
    { is: "merge", change: { metadata: { ownerReferences } } },
  );
  const propagationPolicy = "Foreground";
  await cluster.client.delete(ReplicationController, oldStyle, { propagationPolicy });
  await cluster.advance(seconds(10));
  deepEqual(
    [await countOf(cluster, ReplicationController), await names(cluster, Pod)],
    [0, [shared]],
  );
  const { metadata } = await cluster.client.get(Pod, { namespace, name: shared });
  deepEqual([metadata.deletionTimestamp, metadata.ownerReferences?.length], [undefined, 1]);
});

test("pods that own each other in a ring all go when one of them is deleted", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  const { spec } = web(1).spec.template;
  const uids = new Map<string, string>();
  for (const name of ["a", "b", "c"]) {
    const pod = await cluster.client.create(Pod, { metadata: { namespace, name }, spec });
    uids.set(name, pod.metadata.uid ?? "");
  }
  for (const [name, owner] of [
    ["a", "c"],
    ["b", "a"],
    ["c", "b"],
  ] as const) {
    const reference = { apiVersion: "v1", kind: "Pod", name: owner, uid: uids.get(owner) ?? "" };
    const change = { metadata: { ownerReferences: [{ ...reference, blockOwnerDeletion: true }] } };
    await cluster.client.patch(Pod, { namespace, name }, { is: "merge", change });
  }
  await cluster.advance(seconds(2));
  equal(await countOf(cluster, Pod), 3);
  await cluster.client.delete(Pod, { namespace, name: "a" }, { gracePeriodSeconds: 0 });
  await cluster.advance(seconds(10));
  equal(await countOf(cluster, Pod), 0);
});

test("a service's endpoints follow its pods", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(Service, {
    metadata: { namespace, name: "web" },
    spec: {
      clusterIP: "10.96.0.9",
      ipFamilies: ["IPv4"],
      publishNotReadyAddresses: true,
      selector: { app: "web" },
      ports: [{ port: 80, targetPort: 8080 }],
    },
  });
  await cluster.client.create(Deployment, web(3));
  await cluster.advance(seconds(5));
  const addresses = async (): Promise<number> => {
    const labelSelector = "kubernetes.io/service-name=web";
    const { items } = await cluster.client.list(EndpointSlice, { labelSelector });
    return items.flatMap(({ endpoints }) => endpoints).length;
  };
  equal(await addresses(), 3);
  const { subsets } = await cluster.client.get(Endpoints, { namespace, name: "web" });
  equal(subsets?.[0]?.addresses?.length, 3);
  await cluster.client.patch(
    Deployment,
    { namespace, name: "web" },
    { is: "merge", change: { spec: { replicas: 1 } } },
  );
  await cluster.advance(seconds(5));
  equal(await addresses(), 1);
  await cluster.client.delete(Service, { namespace, name: "web" });
  await cluster.advance(seconds(5));
  deepEqual([await countOf(cluster, Endpoints), await countOf(cluster, EndpointSlice)], [0, 0]);
});

test("a new namespace gets its service account and the root certificates", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(Namespace, { metadata: { name: "shop" } });
  await cluster.client.patch(
    Namespace,
    { name: "shop", subresource: "status" },
    { is: "merge", change: { status: { phase: "Active" } } },
  );
  await cluster.advance(seconds(1));
  deepEqual(await names(cluster, ServiceAccount, "shop"), ["default"]);
  deepEqual(await names(cluster, ConfigMap, "shop"), ["kube-root-ca.crt"]);
  await cluster.client.delete(ConfigMap, { namespace: "shop", name: "kube-root-ca.crt" });
  await cluster.advance(seconds(1));
  deepEqual(await names(cluster, ConfigMap, "shop"), ["kube-root-ca.crt"]);
});

const shop = "shop";

async function openShop(cluster: TestCluster): Promise<void> {
  await cluster.client.create(Namespace, { metadata: { name: shop } });
  await cluster.advance(seconds(1));
  const { metadata, spec } = web(2);
  await cluster.client.create(Deployment, { metadata: { ...metadata, namespace: shop }, spec });
  await cluster.client.create(ConfigMap, { metadata: { namespace: shop, name: "settings" } });
  await cluster.advance(seconds(2));
}

const phaseOf = async ({ client }: TestCluster): Promise<string | undefined> => {
  const { items } = await client.list(Namespace, { fieldSelector: `metadata.name=${shop}` });
  return items[0]?.status.phase;
};

test("a deleted namespace goes, with everything in it", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await openShop(cluster);
  equal((await names(cluster, Pod, shop)).length, 2);
  await cluster.client.delete(Namespace, { name: shop });
  await cluster.advance(seconds(30));
  equal(await phaseOf(cluster), undefined);
  for (const kind of [Pod, Deployment, ReplicaSet, ConfigMap, ServiceAccount, Event]) {
    deepEqual(await names(cluster, kind, shop), [], kind.plural);
  }
  deepEqual(cluster.complaints, []);
});

test("a namespace waits for what a finalizer holds, and tells what that is", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await openShop(cluster);
  const settings = { namespace: shop, name: "settings" };
  const hold = (finalizers: readonly string[]): Promise<ConfigMap> =>
    cluster.client.patch(ConfigMap, settings, {
      is: "merge",
      change: { metadata: { finalizers } },
    });
  await hold(["example.com/hold"]);
  await cluster.client.delete(Namespace, { name: shop });
  await cluster.advance(minutes(5));
  equal(await phaseOf(cluster), "Terminating");
  deepEqual(await names(cluster, ConfigMap, shop), ["settings"]);
  const { status } = await cluster.client.get(Namespace, { name: shop });
  deepEqual(
    status.conditions?.filter(({ status: is }) => is === "True").map(({ message }) => message),
    [
      "Some resources are remaining: configmaps. has 1 resource instances",
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    ],
  );
  await hold([]);
  await cluster.advance(seconds(30));
  equal(await phaseOf(cluster), undefined);
});

/** A node whose kubelet renews its lease until it is told to stop. */
class Beating {
  readonly #cluster: TestCluster;
  readonly #name: string;
  isAlive = true;

  constructor(cluster: TestCluster, name: string) {
    this.#cluster = cluster;
    this.#name = name;
  }

  async start(): Promise<void> {
    const { client } = this.#cluster;
    const name = this.#name;
    await client.create(Node, { metadata: { name } });
    const conditions = [{ type: "Ready", status: "True", reason: "KubeletReady" }];
    await client.patch(
      Node,
      { name, subresource: "status" },
      { is: "merge", change: { status: { conditions } } },
    );
    await client.create(Lease, { metadata: { namespace: "kube-node-lease", name }, spec: {} });
    await this.#beat();
  }

  async #beat(): Promise<void> {
    const { client, clock } = this.#cluster;
    if (!this.isAlive) return;
    const renewTime = formatMicroTime(clock.now());
    await client.patch(
      Lease,
      { namespace: "kube-node-lease", name: this.#name },
      { is: "merge", change: { spec: { renewTime } } },
    );
    clock.after(seconds(10), () => void this.#beat());
  }
}

test("a node that falls silent is lost, and its pods move away", async () => {
  await using cluster = await startTestCluster();
  const [a, b] = [new Beating(cluster, "a"), new Beating(cluster, "b")];
  await a.start();
  await b.start();
  await cluster.client.create(Pod, {
    metadata: { namespace, name: "web" },
    spec: {
      nodeName: "a",
      containers: [{ name: "c", image: "web" }],
      tolerations: [
        {
          key: "node.kubernetes.io/unreachable",
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds: 300,
        },
      ],
    },
  });
  await cluster.advance(minutes(5));
  const node = async (): Promise<Node> => cluster.client.get(Node, { name: "a" });
  const ready = async (): Promise<string | undefined> =>
    (await node()).status.conditions?.find(({ type }) => type === "Ready")?.status;
  equal(await ready(), "True");
  equal((await node()).spec.podCIDR, "10.244.0.0/24");
  a.isAlive = false;
  await cluster.advance(seconds(45));
  equal(await ready(), "True");
  await cluster.advance(seconds(20));
  equal(await ready(), "Unknown");
  deepEqual(
    (await node()).spec.taints?.map(({ key, effect }) => `${key}:${effect}`),
    ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"],
  );
  await cluster.advance(minutes(4));
  equal(
    (await cluster.client.get(Pod, { namespace, name: "web" })).metadata.deletionTimestamp,
    undefined,
  );
  await cluster.advance(minutes(2));
  const { metadata, status } = await cluster.client.get(Pod, { namespace, name: "web" });
  equal(typeof metadata.deletionTimestamp, "string");
  equal(
    status.conditions?.find(({ type }) => type === "DisruptionTarget")?.reason,
    "DeletionByTaintManager",
  );
  const reasons = (await cluster.client.list(Event)).items
    .map(({ reason = "" }) => reason)
    .toSorted(byText);
  deepEqual(reasons, ["NodeNotReady", "RegisteredNode", "RegisteredNode", "TaintManagerEviction"]);
  await cluster.client.delete(Node, { name: "a" });
  await cluster.advance(minutes(2));
  deepEqual(await names(cluster, Pod), []);
});

test("nodes that come at once get ranges of their own", async () => {
  await using cluster = await startTestCluster();
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      cluster.client.create(Node, { metadata: { name: `n${i}` } }),
    ),
  );
  await cluster.advance(seconds(5));
  const { items } = await cluster.client.list(Node);
  equal(new Set(items.map(({ spec }) => spec.podCIDR)).size, 20);
});

test("a settled cluster is at rest", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  await cluster.client.create(Deployment, web(5));
  // Until its events are gone, too.
  await cluster.advance(minutes(62));
  const before = (await cluster.client.list(ConfigMap)).metadata.resourceVersion;
  await cluster.advance(minutes(60));
  equal((await cluster.client.list(ConfigMap)).metadata.resourceVersion, before);
});
