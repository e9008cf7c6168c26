import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Event } from "#api/core/event.ts";
import { Pod } from "#api/core/pod.ts";
import { ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceClaimTemplate } from "#api/resource/resourceclaimtemplate.ts";
import { seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";
const at = { namespace, name: "train" };

const devices = { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu" } }] };

const template = {
  metadata: { namespace, name: "gpus" },
  spec: { metadata: { labels: { team: "ai" } }, spec: { devices } },
};

const pod = (spec: object = {}) => ({
  metadata: at,
  spec: {
    containers: [{ name: "c", image: "i", resources: { claims: [{ name: "mine" }] } }],
    resourceClaims: [{ name: "mine", resourceClaimTemplateName: "gpus" }],
    ...spec,
  },
});

const claims = async ({ client }: TestCluster): Promise<readonly ResourceClaim[]> =>
  (await client.list(ResourceClaim, { namespace })).items;

const finish = ({ client }: TestCluster): Promise<Pod> =>
  client.patch(
    Pod,
    { ...at, subresource: "status" },
    { is: "merge", change: { status: { phase: "Succeeded" } } },
  );

test("A pod gets a claim from its template, hears of it, and it goes when the pod has ended", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  await client.create(ResourceClaimTemplate, template);
  await client.create(Pod, pod());
  await cluster.advance(seconds(1));
  const [claim] = await claims(cluster);
  ok(claim);
  ok(claim.metadata.name?.startsWith("train-mine-"));
  deepEqual(
    [claim.metadata.labels, claim.metadata.annotations, claim.metadata.ownerReferences?.[0]?.name],
    [{ team: "ai" }, { "resource.kubernetes.io/pod-claim-name": "mine" }, "train"],
  );
  const { status } = await client.get(Pod, at);
  deepEqual(status.resourceClaimStatuses, [
    { name: "mine", resourceClaimName: claim.metadata.name },
  ]);
  await cluster.restart();
  await cluster.advance(seconds(1));
  equal((await claims(cluster)).length, 1);
  await finish(cluster);
  await cluster.advance(seconds(1));
  deepEqual(await claims(cluster), []);
  deepEqual(cluster.complaints, []);
});

test("Without its template a pod waits and says so; it goes on when the template comes", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  await client.create(Pod, pod());
  await cluster.advance(seconds(1));
  const { items } = await client.list(Event, { namespace });
  deepEqual(
    items.map(({ reason, message }) => `${reason}: ${message}`),
    [
      'FailedResourceClaimCreation: PodResourceClaim mine: resource claim template "gpus": resourceclaimtemplate.resource.k8s.io "gpus" not found',
    ],
  );
  await client.create(ResourceClaimTemplate, template);
  await cluster.advance(seconds(1));
  equal((await claims(cluster)).length, 1);
});

test("What is allocated is reserved for a pod with a node, and free when the pod has ended", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const shared = { namespace, name: "shared" };
  const finalizers = ["resource.kubernetes.io/delete-protection"];
  await client.create(ResourceClaim, { metadata: { ...shared, finalizers }, spec: { devices } });
  await cluster.advance(seconds(1));
  const { metadata } = await client.get(ResourceClaim, shared);
  deepEqual(metadata.finalizers, finalizers, "somebody is about to allocate it");
  const allocation = {
    devices: { results: [{ request: "gpu", driver: "d.example.com", pool: "p", device: "g0" }] },
  };
  await client.patch(
    ResourceClaim,
    { ...shared, subresource: "status" },
    { is: "merge", change: { status: { allocation } } },
  );
  const resourceClaims = [{ name: "mine", resourceClaimName: "shared" }];
  await client.create(Pod, pod({ nodeName: "n", resourceClaims }));
  await cluster.advance(seconds(1));
  const reserved = (await client.get(ResourceClaim, shared)).status.reservedFor ?? [];
  deepEqual(
    reserved.map(({ resource, name }) => `${resource} ${name}`),
    ["pods train"],
  );
  await finish(cluster);
  await cluster.advance(seconds(1));
  const freed = await client.get(ResourceClaim, shared);
  deepEqual(
    [freed.status.reservedFor, freed.status.allocation, freed.metadata.finalizers],
    [undefined, undefined, undefined],
  );
  await client.patch(ResourceClaim, shared, { is: "merge", change: { metadata: { finalizers } } });
  await client.delete(ResourceClaim, shared);
  await cluster.advance(seconds(1));
  deepEqual(await claims(cluster), []);
});
