import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { compactVerify } from "jose";
import { ConfigMap } from "#api/core/configmap.ts";
import { Secret } from "#api/core/secret.ts";
import { formatTime, hours } from "#base/clock.ts";
import { bootstrapToken, startTestCluster, type TestCluster } from "./testing.ts";

const info = { namespace: "kube-public", name: "cluster-info" };

async function signed(cluster: TestCluster): Promise<readonly string[]> {
  const { data = {} } = await cluster.client.get(ConfigMap, info);
  return Object.keys(data).filter((name) => name.startsWith("jws-"));
}

test("every token that may signs the cluster's description, until it expires and is removed", async () => {
  await using cluster = await startTestCluster();
  const expiration = formatTime(cluster.clock.now() + hours(2));
  await cluster.client.create(Secret, bootstrapToken("aaaaaa"));
  await cluster.client.create(Secret, bootstrapToken("bbbbbb", { expiration }));
  await cluster.client.create(
    Secret,
    bootstrapToken("cccccc", { "usage-bootstrap-signing": "false" }),
  );
  await cluster.client.create(Secret, bootstrapToken("dddddd", { "token-secret": "short" }));
  await cluster.advance(1_000);
  deepEqual(await signed(cluster), ["jws-kubeconfig-aaaaaa", "jws-kubeconfig-bbbbbb"]);
  const { data = {} } = await cluster.client.get(ConfigMap, info);
  const [head, , signature] = (data["jws-kubeconfig-aaaaaa"] ?? "").split(".");
  const payload = Buffer.from(data["kubeconfig"] ?? "").toString("base64url");
  const verified = await compactVerify(
    `${head}.${payload}.${signature}`,
    Buffer.from("0123456789abcdef"),
  );
  deepEqual(verified.protectedHeader, { alg: "HS256", kid: "aaaaaa" });
  await cluster.advance(hours(2.1));
  deepEqual(await signed(cluster), ["jws-kubeconfig-aaaaaa"]);
  const left = await cluster.client.list(Secret, { namespace: "kube-system" });
  deepEqual(
    left.items.map(({ metadata }) => metadata.name),
    ["bootstrap-token-aaaaaa", "bootstrap-token-cccccc", "bootstrap-token-dddddd"],
  );
  await cluster.client.delete(Secret, { namespace: "kube-system", name: "bootstrap-token-aaaaaa" });
  await cluster.advance(1_000);
  deepEqual(await signed(cluster), []);
  deepEqual(cluster.complaints, []);
});

test("a signature that somebody changed is put right", async () => {
  await using cluster = await startTestCluster();
  await cluster.client.create(Secret, bootstrapToken("aaaaaa"));
  await cluster.advance(1_000);
  const before = await cluster.client.get(ConfigMap, info);
  const data = { ...before.data, "jws-kubeconfig-aaaaaa": "x", "jws-kubeconfig-zzzzzz": "y" };
  await cluster.client.update(ConfigMap, { ...before, data });
  await cluster.advance(1_000);
  deepEqual((await cluster.client.get(ConfigMap, info)).data, before.data);
  equal(Object.keys(before.data ?? {}).length, 2);
});
