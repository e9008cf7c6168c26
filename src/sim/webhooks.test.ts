import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { type Cluster, createCluster } from "./testing.ts";

const rules = [{ operations: ["CREATE"], resources: ["configmaps"] }] as const;
const at = (name: string) => ({ namespace: "default", name });

const make = async ({ client }: Cluster, name: string) =>
  (await client.create(ConfigMap, { metadata: at(name) })).metadata.labels;

const marking = (value: string) => () => ({
  allowed: true,
  patch: [{ op: "add", path: "/metadata/labels", value: { by: value } }],
});

test("a function changes what is created, until another takes its name", async () => {
  await using cluster = await createCluster();
  await cluster.webhooks.mutating("mark", rules, marking("one"));
  deepEqual(await make(cluster, "a"), { by: "one" });
  await cluster.webhooks.mutating("mark", rules, marking("other"));
  deepEqual(await make(cluster, "b"), { by: "other" });
});

test("a function refuses, and says why", async () => {
  await using cluster = await createCluster();
  await cluster.webhooks.validating("policy", rules, ({ name }) => ({
    allowed: name !== "bad",
    status: { message: "not here" },
  }));
  await make(cluster, "good");
  await rejects(
    make(cluster, "bad"),
    /admission webhook "policy.webhooks.k8ts" denied the request: not here/,
  );
});

test("a branch has the functions of its origin, and later ones of its own", async () => {
  await using origin = await createCluster();
  await origin.webhooks.mutating("mark", rules, marking("origin"));
  await using branch = origin.fork();
  await branch.webhooks.mutating("mark", rules, marking("branch"));
  deepEqual(await make(branch, "a"), { by: "branch" });
  deepEqual(await make(origin, "a"), { by: "origin" });
});

test("without a world outside, a URL is a webhook that does not answer", async () => {
  await using cluster = await createCluster();
  const url = "https://127.0.0.1:9/validate";
  await cluster.webhooks.validating("far", rules, url, { failurePolicy: "Fail" });
  await rejects(make(cluster, "a"), /failed calling webhook "far.webhooks.k8ts"/);
  await cluster.webhooks.validating("far", rules, url, { failurePolicy: "Ignore" });
  equal(await make(cluster, "a"), undefined);
});
