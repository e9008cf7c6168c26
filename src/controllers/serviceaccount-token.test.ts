import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Secret } from "#api/core/secret.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";
const account = { metadata: { namespace, name: "robot" } };

const secret = (name = "key", annotations: object = {}) => ({
  type: "kubernetes.io/service-account-token",
  metadata: {
    namespace,
    name,
    annotations: { "kubernetes.io/service-account.name": "robot", ...annotations },
  },
});

const secrets = async ({ client }: TestCluster): Promise<readonly Secret[]> =>
  (await client.list(Secret, { namespace })).items;

const texts = ({ data = {} }: Secret): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, "base64").toString()]),
  );

const filled = { "ca.crt": "PEM", namespace, token: "token of robot for key" };

test("A secret that asks for an account's token gets it, with what else a client needs", async () => {
  await using cluster = await startTestCluster();
  const { uid = "" } = (await cluster.client.create(ServiceAccount, account)).metadata;
  await cluster.client.create(Secret, secret());
  await cluster.advance(seconds(1));
  const [found] = await secrets(cluster);
  deepEqual(found && texts(found), filled);
  equal(found?.metadata.annotations?.["kubernetes.io/service-account.uid"], uid);
  await cluster.restart();
  await cluster.advance(seconds(1));
  equal((await secrets(cluster))[0]?.metadata.resourceVersion, found?.metadata.resourceVersion);
  deepEqual(cluster.complaints, []);
});

test("What somebody took out of it comes back; what is none of ours stays", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(ServiceAccount, account);
  await cluster.client.create(Secret, { ...secret(), data: { more: "eA==" } });
  await cluster.advance(seconds(1));
  const change = { data: { "ca.crt": null, token: null } };
  await cluster.client.patch(Secret, { namespace, name: "key" }, { is: "merge", change });
  await cluster.advance(seconds(1));
  const [found] = await secrets(cluster);
  deepEqual(found && texts(found), { ...filled, more: "x" });
});

test("Secrets go with their account, and with one that never was", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(Secret, secret("early"));
  await cluster.advance(seconds(1));
  deepEqual(await secrets(cluster), []);
  await cluster.client.create(ServiceAccount, account);
  await cluster.client.create(Secret, secret());
  await cluster.client.create(Secret, { metadata: { namespace, name: "other" } });
  await cluster.advance(seconds(1));
  equal((await secrets(cluster)).length, 2);
  await cluster.client.delete(ServiceAccount, { namespace, name: "robot" });
  await cluster.advance(seconds(1));
  deepEqual(
    (await secrets(cluster)).map(({ metadata }) => metadata.name),
    ["other"],
  );
});

test("One that was made for an earlier account of the same name goes", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(ServiceAccount, account);
  const old = { "kubernetes.io/service-account.uid": "of-another" };
  await cluster.client.create(Secret, secret("old", old));
  await cluster.client.create(Secret, secret());
  await cluster.advance(seconds(1));
  const left = await secrets(cluster);
  ok(left.every(({ metadata }) => metadata.name === "key"));
  equal(left.length, 1);
});
