/** Pods that belong together, of a whole cluster: feature gates GenericWorkload and GangScheduling. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { ClusterRole } from "#api/rbac/clusterrole.ts";
import { Pod } from "#api/core/pod.ts";
import { PodGroup } from "#api/scheduling/podgroup.ts";
import { Workload } from "#api/scheduling/workload.ts";
import type { Cluster } from "./cluster.ts";
import { createCluster } from "./testing.ts";

const namespace = "default";

const featureGates = { GenericWorkload: true, GangScheduling: true };

const podIn = (podGroupName: string, name: string) => ({
  metadata: { name, namespace },
  spec: { schedulingGroup: { podGroupName }, containers: [{ name: "app", image: "app:1" }] },
});

const groupNamed = (name: string, schedulingPolicy: object) => ({
  metadata: { name, namespace },
  spec: { schedulingPolicy },
});

const groupNames = async ({ client }: Cluster): Promise<readonly (string | undefined)[]> =>
  (await client.list(PodGroup)).items.map(({ metadata }) => metadata.name);

test("without the gate there are no groups, and pods belong to none", async () => {
  await using cluster = await createCluster();
  const { client } = cluster;
  await rejects(client.create(PodGroup, groupNamed("g", { basic: {} })), /could not find/);
  const pod = await client.create(Pod, podIn("g", "a"));
  equal(pod.spec.schedulingGroup, undefined);
});

test("clusters beside each other have gates of their own, and so have their forks", async () => {
  await using without = await createCluster();
  await using cluster = await createCluster({ featureGates });
  await using fork = cluster.fork();
  for (const { client } of [cluster, fork]) {
    const pod = await client.create(Pod, podIn("g", "a"));
    deepEqual(pod.spec.schedulingGroup, { podGroupName: "g" });
  }
  const role = { name: "system:controller:podgroup-protection-controller" };
  equal((await cluster.client.get(ClusterRole, role)).rules?.length, 2);
  await rejects(without.client.get(ClusterRole, role), /not found/);
  await rejects(
    createCluster({ featureGates: { GangScheduling: true } }),
    /GangScheduling is enabled, but depends on features that are disabled: \[GenericWorkload\]/,
  );
});

test("a workload and its groups are kept as they were written", async () => {
  await using cluster = await createCluster({ featureGates });
  const { client } = cluster;
  const template = { name: "workers", schedulingPolicy: { gang: { minCount: 2 } } };
  const spec = { podGroupTemplates: [{ ...template, priority: 7 }] };
  const workload = await client.create(Workload, { metadata: { name: "w", namespace }, spec });
  deepEqual(workload.spec, { podGroupTemplates: [template] }, "a field behind another gate");
  const group = await client.create(PodGroup, groupNamed("g", template.schedulingPolicy));
  deepEqual(group.spec, { schedulingPolicy: template.schedulingPolicy });
  deepEqual(group.status, {});
});

test("a group that is deleted stays until none of its pods runs", async () => {
  await using cluster = await createCluster({ nodes: 1, featureGates });
  const { client } = cluster;
  await client.create(PodGroup, groupNamed("g", { basic: {} }));
  await client.create(Pod, podIn("g", "a"));
  await cluster.idle();
  await client.delete(PodGroup, { namespace, name: "g" });
  await cluster.idle();
  deepEqual(await groupNames(cluster), ["g"]);
  await client.delete(Pod, { namespace, name: "a" });
  await cluster.idle();
  deepEqual(await groupNames(cluster), []);
});

test("a webhook that changes a pod leaves it in its group", async () => {
  await using cluster = await createCluster({ featureGates });
  const rules = [{ operations: ["CREATE"], resources: ["pods"] }] as const;
  await cluster.webhooks.mutating("mark", rules, () => ({
    allowed: true,
    patch: [{ op: "add", path: "/metadata/labels", value: { marked: "yes" } }],
  }));
  const { metadata, spec } = await cluster.client.create(Pod, podIn("g", "a"));
  deepEqual(metadata.labels, { marked: "yes" });
  deepEqual(spec.schedulingGroup, { podGroupName: "g" });
});
