/** What users do with workloads, end to end: the cases of the conformance suite that no other test here has. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { Pod } from "#api/core/pod.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const at = (name: string) => ({ namespace: "default", name });

const template = (labels: Readonly<Record<string, string>>, image = "web:1") => ({
  metadata: { labels },
  spec: { containers: [{ name: "c", image }] },
});

const deployment = (name: string, replicas: number, labels = { app: "web" }) => ({
  metadata: at(name),
  spec: { replicas, selector: { matchLabels: labels }, template: template(labels) },
});

const setImage = ({ client }: TestCluster, name: string, image: string): Promise<Deployment> =>
  client.patch(Deployment, at(name), {
    is: "strategic",
    change: { spec: { template: { spec: { containers: [{ name: "c", image }] } } } },
  });

/** How many pods of each image every set asks for. */
async function sizes({ client }: TestCluster): Promise<Readonly<Record<string, number>>> {
  const { items } = await client.list(ReplicaSet);
  return Object.fromEntries(
    items.map(({ spec }) => [spec.template.spec?.containers[0]?.image ?? "", spec.replicas ?? 1]),
  );
}

test("a template that changes in the middle of a rollout ends the unfinished one", async () => {
  await using cluster = await startTestCluster({
    podsReadyAfterMs: seconds(1),
    neverReady: ({ spec }) => spec.containers[0]?.image === "web:broken",
  });
  await cluster.client.create(Deployment, deployment("web", 4));
  await cluster.advance(seconds(10));
  await setImage(cluster, "web", "web:broken");
  await cluster.advance(seconds(10));
  const midway = await sizes(cluster);
  ok((midway["web:broken"] ?? 0) > 0 && (midway["web:1"] ?? 0) > 0, JSON.stringify(midway));
  await setImage(cluster, "web", "web:2");
  await cluster.advance(seconds(60));
  deepEqual(await sizes(cluster), { "web:1": 0, "web:broken": 0, "web:2": 4 });
});

test("a deployment takes over a set that its selector matches, and replaces its pods", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  const labels = { app: "web", made: "by-hand" };
  await cluster.client.create(ReplicaSet, {
    metadata: {
      ...at("by-hand"),
      labels,
      annotations: { "deployment.kubernetes.io/revision": "3546343826724305832" },
    },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: template(labels, "web:0") },
  });
  await cluster.advance(seconds(5));
  await cluster.client.create(Deployment, deployment("web", 2));
  await cluster.advance(seconds(20));
  deepEqual(await sizes(cluster), { "web:0": 0, "web:1": 2 });
  const adopted = await cluster.client.get(ReplicaSet, at("by-hand"));
  equal(adopted.metadata.ownerReferences?.[0]?.name, "web");
  const { metadata } = await cluster.client.get(Deployment, at("web"));
  // Larger than a number of JavaScript holds exactly.
  equal(metadata.annotations?.["deployment.kubernetes.io/revision"], "3546343826724305833");
});

test("a deployment whose set's name is taken counts a collision and takes another name", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(Deployment, deployment("web", 1));
  await cluster.advance(seconds(5));
  const [first] = (await cluster.client.list(ReplicaSet)).items;
  const taken = first?.metadata.name ?? "";
  await cluster.client.delete(Deployment, at("web"));
  await cluster.advance(seconds(5));
  await cluster.client.create(ReplicaSet, {
    metadata: at(taken),
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: "other" } },
      template: template({ app: "other" }),
    },
  });
  await cluster.client.create(Deployment, deployment("web", 1));
  await cluster.advance(seconds(10));
  const { status } = await cluster.client.get(Deployment, at("web"));
  deepEqual([status.collisionCount, status.readyReplicas], [1, 1]);
  const own = (await cluster.client.list(ReplicaSet)).items.find(
    ({ metadata }) => metadata.ownerReferences?.[0]?.name === "web",
  );
  match(own?.metadata.name ?? "", /^web-/);
  notEqual(own?.metadata.name, taken);
});

test("no more old sets are kept than the limit says", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  const web = deployment("web", 1);
  await cluster.client.create(Deployment, {
    ...web,
    spec: { ...web.spec, revisionHistoryLimit: 1 },
  });
  for (const image of ["web:2", "web:3", "web:4"]) {
    await cluster.advance(seconds(10));
    await setImage(cluster, "web", image);
  }
  await cluster.advance(seconds(20));
  deepEqual(await sizes(cluster), { "web:3": 0, "web:4": 1 });
});

/** Of which deployments the pods are that the service sends its clients to. */
async function behind({ client }: TestCluster): Promise<readonly string[]> {
  const { items } = await client.list(EndpointSlice, { namespace: "default" });
  const pods = items
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "web")
    .flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.name ?? ""));
  return pods.map((name) => name.split("-")[0] ?? "").toSorted();
}

const service = (selector: Readonly<Record<string, string>>) => ({
  metadata: at("web"),
  spec: { selector, ports: [{ port: 80 }] },
});

test("a canary shares its label, and so its service, with the stable deployment", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(Service, service({ app: "web" }));
  const track = (name: string) => ({ app: "web", track: name });
  await withoutNodes(cluster);
  await cluster.client.create(Deployment, deployment("stable", 3, track("stable")));
  await cluster.client.create(Deployment, deployment("canary", 1, track("canary")));
  await cluster.advance(seconds(10));
  deepEqual(await behind(cluster), ["canary", "stable", "stable", "stable"]);
  await cluster.client.delete(Deployment, at("canary"));
  await cluster.advance(seconds(10));
  deepEqual(await behind(cluster), ["stable", "stable", "stable"]);
});

test("a service that selects another colour has the other deployment's pods, all at once", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(Service, service({ colour: "blue" }));
  await withoutNodes(cluster);
  for (const colour of ["blue", "green"])
    await cluster.client.create(Deployment, deployment(colour, 2, { app: "web", colour } as never));
  await cluster.advance(seconds(10));
  deepEqual(await behind(cluster), ["blue", "blue"]);
  await cluster.client.patch(Service, at("web"), {
    is: "merge",
    change: { spec: { selector: { colour: "green" } } },
  });
  await cluster.advance(seconds(2));
  deepEqual(await behind(cluster), ["green", "green"]);
});

/** The pods here stand on no node: their service is to have them all the same. */
async function withoutNodes({ client }: TestCluster): Promise<void> {
  await client.patch(Service, at("web"), {
    is: "merge",
    change: { spec: { publishNotReadyAddresses: true } },
  });
}

test("a controller over its quota says so, until it asks for less", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: seconds(1) });
  await cluster.client.create(ResourceQuota, {
    metadata: at("few"),
    spec: { hard: { pods: "2" } },
  });
  await cluster.client.create(ReplicationController, {
    metadata: at("many"),
    spec: { replicas: 3, selector: { app: "many" }, template: template({ app: "many" }) },
  });
  await cluster.advance(seconds(10));
  const over = await cluster.client.get(ReplicationController, at("many"));
  const [failure] = over.status.conditions ?? [];
  deepEqual(
    [failure?.type, failure?.status, failure?.reason],
    ["ReplicaFailure", "True", "FailedCreate"],
  );
  match(failure?.message ?? "", /exceeded quota: few, requested: pods=1, used: pods=2/);
  await cluster.client.patch(ReplicationController, at("many"), {
    is: "merge",
    change: { spec: { replicas: 2 } },
  });
  await cluster.advance(seconds(5));
  const within = await cluster.client.get(ReplicationController, at("many"));
  deepEqual([within.status.conditions ?? [], within.status.readyReplicas], [[], 2]);
});

test("in parallel, a stateful set grows and shrinks without waiting for pods that are not well", async () => {
  await using cluster = await startTestCluster({
    podsReadyAfterMs: seconds(1),
    neverReady: () => true,
  });
  await cluster.client.create(StatefulSet, {
    metadata: at("db"),
    spec: {
      replicas: 3,
      podManagementPolicy: "Parallel",
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: template({ app: "db" }),
    },
  });
  await cluster.advance(seconds(5));
  equal((await cluster.client.list(Pod)).items.length, 3);
  await cluster.client.patch(StatefulSet, at("db"), {
    is: "merge",
    change: { spec: { replicas: 0 } },
  });
  await cluster.advance(seconds(5));
  equal((await cluster.client.list(Pod)).items.length, 0);
});
