import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const rule = (resource: string) => ({
  verbs: ["get"],
  apiGroups: ["x.org"],
  resources: [resource],
});
const role = (
  name: string,
  labels: Readonly<Record<string, string>>,
  resources: readonly string[],
) => ({
  metadata: { name, labels },
  rules: resources.map(rule),
});

async function resourcesOf(cluster: TestCluster, name: string): Promise<readonly string[]> {
  const { rules } = await cluster.client.get(ClusterRole, { name });
  return (rules ?? []).flatMap(({ resources = [] }) => resources);
}

test("a role that gathers others shows their rules, each once, and follows them", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const gathers = (labels: object) => ({
    clusterRoleSelectors: [{ matchLabels: labels as never }],
  });
  await client.create(ClusterRole, {
    metadata: { name: "all" },
    aggregationRule: gathers({ team: "a" }),
  });
  await client.create(ClusterRole, role("two", { team: "a" }, ["b", "c"]));
  await client.create(ClusterRole, role("one", { team: "a" }, ["a", "b"]));
  await client.create(ClusterRole, role("other", { team: "b" }, ["z"]));
  await cluster.advance(1_000);
  deepEqual(await resourcesOf(cluster, "all"), ["a", "b", "c"]);
  await client.delete(ClusterRole, { name: "one" });
  await cluster.advance(1_000);
  deepEqual(await resourcesOf(cluster, "all"), ["b", "c"]);
  const found = await client.get(ClusterRole, { name: "all" });
  await client.update(ClusterRole, { ...found, rules: [rule("mine")] });
  await cluster.advance(1_000);
  deepEqual(await resourcesOf(cluster, "all"), ["b", "c"]);
  deepEqual(cluster.complaints, []);
});

test("admin, edit and view show what their parts allow, and what others add to them", async () => {
  await using cluster = await startTestCluster();
  const labels = { "rbac.authorization.k8s.io/aggregate-to-view": "true" };
  await cluster.client.create(ClusterRole, role("crews", labels, ["crews"]));
  await cluster.advance(1_000);
  for (const name of ["view", "edit", "admin"]) {
    const resources = await resourcesOf(cluster, name);
    ok(resources.includes("crews"), name);
    ok(resources.includes("pods"), name);
  }
});
