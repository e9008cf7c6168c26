import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Deployment } from "#api/apps/deployment.ts";
import { HorizontalPodAutoscaler } from "#api/autoscaling/horizontalpodautoscaler.ts";
import { NodeMetrics } from "#api/metrics/nodemetrics.ts";
import { PodMetrics } from "#api/metrics/podmetrics.ts";
import { isReason } from "#api/errors.ts";
import { cpuMilli } from "#base/quantity.ts";
import { contentOf } from "#client/answers.ts";
import type { Cluster } from "./cluster.ts";
import { createCluster } from "./testing.ts";

const namespace = "default";

const workload = {
  kind: "Deployment",
  apiVersion: "apps/v1",
  metadata: { name: "web", namespace },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [{ name: "c", image: "web:1", resources: { requests: { cpu: "100m" } } }],
      },
    },
  },
};

const uses = (cpu: string) => ({ match: { image: "web" }, cpu, memory: "32Mi" });

/** Time passes until it is answered. */
async function during<T>(cluster: Cluster, work: Promise<T>): Promise<T> {
  const over = work.then(
    () => true,
    () => true,
  );
  for (let isOver = false; !isOver;) {
    isOver = await Promise.race([over, cluster.clock.advance(100).then(() => false)]);
  }
  return work;
}

test("Whoever asks first gets numbers, too; each pod and node has its own", async () => {
  await using cluster = await createCluster({ nodes: 2, behaviours: [uses("250m")] });
  await cluster.apply(workload);
  await cluster.idle();
  const { client } = cluster;
  const pods = await during(cluster, client.list(PodMetrics, { namespace }));
  deepEqual(
    pods.items.map(({ containers, window }) => [containers, window]),
    Array.from({ length: 2 }, () => [
      [{ name: "c", usage: { cpu: "250000000n", memory: "32Mi" } }],
      "1s",
    ]),
  );
  const nodes = await during(cluster, client.list(NodeMetrics));
  deepEqual(
    nodes.items.map(({ metadata, usage }) => [metadata.name, cpuMilli(usage["cpu"] ?? "")]),
    [
      ["node-1", 300],
      ["node-2", 300],
    ],
  );
});

test("One object, or those that a selector selects", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  await cluster.apply(workload);
  await cluster.idle();
  const { client } = cluster;
  const list = (labelSelector: string) => client.list(PodMetrics, { namespace, labelSelector });
  const { items } = await during(cluster, list("app=web"));
  equal(items.length, 2);
  equal((await during(cluster, list("app=none"))).items.length, 0);
  const name = items[0]?.metadata.name ?? "";
  const one = await during(cluster, client.get(PodMetrics, { namespace, name }));
  equal(one.metadata.labels?.["app"], "web");
  await rejects(during(cluster, client.get(PodMetrics, { namespace, name: "nobody" })), (cause) =>
    isReason(cause, "NotFound"),
  );
});

test("A node that is switched off has no numbers; the others do", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  await cluster.nodes[0]?.stop();
  const { items } = await during(cluster, cluster.client.list(NodeMetrics));
  deepEqual(
    items.map(({ metadata }) => metadata.name),
    ["node-2"],
  );
});

test("An autoscaler works out of the box", async () => {
  await using cluster = await createCluster({ nodes: 2, behaviours: [uses("100m")] });
  await cluster.apply(workload);
  await cluster.apply({
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v2",
    metadata: { name: "web", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: 1,
      maxReplicas: 4,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
        },
      ],
    },
  });
  const replicas = async () =>
    (await cluster.client.get(Deployment, { namespace, name: "web" })).spec.replicas;
  await cluster.clock.advance(3 * 60_000);
  equal(await replicas(), 4);
  const hpa = await cluster.client.get(HorizontalPodAutoscaler, { namespace, name: "web" });
  ok(
    hpa.status.conditions?.every(
      ({ type, status }) => type === "ScalingLimited" || status === "True",
    ),
  );
});

test("An autoscaler scales custom resources, too", async () => {
  await using cluster = await createCluster({ nodes: 1, behaviours: [uses("100m")] });
  const { client } = cluster;
  const properties = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  await cluster.apply({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "gadgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "gadgets", kind: "Gadget" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: { spec: properties, status: properties },
            },
          },
          subresources: {
            scale: {
              specReplicasPath: ".spec.replicas",
              statusReplicasPath: ".status.replicas",
              labelSelectorPath: ".status.selector",
            },
          },
        },
      ],
    },
  });
  await cluster.apply({ ...workload, spec: { ...workload.spec, replicas: 1 } });
  await cluster.idle();
  const path = `/apis/example.com/v1/namespaces/${namespace}/gadgets`;
  const gadget = {
    apiVersion: "example.com/v1",
    kind: "Gadget",
    metadata: { name: "web" },
    spec: { replicas: 1 },
    status: { replicas: 1, selector: "app=web" },
  };
  const headers = { "content-type": "application/json" };
  const body = { is: "object", object: gadget } as const;
  equal((await client.raw({ method: "POST", path, headers, body })).status, 201);
  await cluster.apply({
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v2",
    metadata: { name: "web", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "example.com/v1", kind: "Gadget", name: "web" },
      maxReplicas: 4,
      metrics: [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "AverageValue", averageValue: "25m" } },
        },
      ],
    },
  });
  await cluster.clock.advance(6 * 60_000);
  const scaled = (await contentOf(await client.raw({ method: "GET", path: `${path}/web` }))) as {
    readonly spec: { readonly replicas: number };
  };
  equal(scaled.spec.replicas, 4);
});
