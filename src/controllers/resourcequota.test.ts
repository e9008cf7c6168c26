import { deepEqual, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { minutes, seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const at = { namespace: "default", name: "few" };

const quota = { metadata: at, spec: { hard: { "count/configmaps": "3" } } };

const statusOf = async ({ client }: TestCluster) => (await client.get(ResourceQuota, at)).status;

const setStatus = ({ client }: TestCluster, status: object) =>
  client.patch(
    ResourceQuota,
    { ...at, subresource: "status" },
    { is: "merge", change: { status } },
  );

async function start(): Promise<TestCluster> {
  const cluster = await startTestCluster();
  await cluster.advance(seconds(1));
  await cluster.client.create(ResourceQuota, quota);
  await cluster.client.create(ConfigMap, { metadata: { namespace: "default", name: "mine" } });
  return cluster;
}

test("limits that somebody writes into the status show, and are taken back", async () => {
  await using cluster = await start();
  await setStatus(cluster, { hard: { "count/configmaps": "9" } });
  deepEqual((await statusOf(cluster)).hard, { "count/configmaps": "9" });
  await cluster.advance(seconds(30));
  // The root certificates are a config map, too.
  const right = { hard: { "count/configmaps": "3" }, used: { "count/configmaps": "2" } };
  deepEqual(await statusOf(cluster), right);
  deepEqual(cluster.complaints, []);
});

test("nobody can write that less is used than is", async () => {
  await using cluster = await start();
  await setStatus(cluster, { used: { "count/configmaps": "0" } });
  deepEqual((await statusOf(cluster)).used, { "count/configmaps": "2" });
  await cluster.client.create(ConfigMap, { metadata: { namespace: "default", name: "one" } });
  await rejects(
    cluster.client.create(ConfigMap, { metadata: { namespace: "default", name: "two" } }),
    /exceeded quota: few, requested: count\/configmaps=1, used: count\/configmaps=3/,
  );
});

test("a quota that is right is left alone", async () => {
  await using cluster = await start();
  const before = (await cluster.client.get(ResourceQuota, at)).metadata.resourceVersion;
  await cluster.advance(minutes(10));
  deepEqual((await cluster.client.get(ResourceQuota, at)).metadata.resourceVersion, before);
});
