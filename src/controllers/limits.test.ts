/** The largest things there are, in a bounded number of steps. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Job } from "#api/batch/job.ts";
import { Node } from "#api/core/node.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { ApiObject } from "#api/kind.ts";
import { minutes, seconds } from "#base/clock.ts";
import { endpointsliceController } from "./endpointslice.ts";
import { formatIndexSet, indexSetOf, parseIndexSet, sizeOfSet, union } from "./job/index-set.ts";
import { all, made, told, viewOf } from "./runtime/testing.ts";
import { jobController } from "./job.ts";
import { startTestCluster } from "./testing.ts";

const million = 1_000_000;

test("A million completions: what is done takes as much room as the gaps in it", () => {
  const gaps = [17, 400_000, 999_998];
  const nearly = parseIndexSet(`0-16,18-399999,400001-999997,999999`, million);
  equal(sizeOfSet(nearly), million - gaps.length);
  const filled = union(nearly, indexSetOf(gaps));
  equal(formatIndexSet(filled), "0-999999");
  // The worst there is: every other one. Upstream's limit on such a job is 100,000 completions.
  const every = indexSetOf(Array.from({ length: million / 2 }, (_, i) => i * 2));
  const text = formatIndexSet(every);
  deepEqual(parseIndexSet(text, million), every);
});

test("A job of a million completions decides on a few pods, and writes a short status", () => {
  const job = made(Job, {
    metadata: { name: "big" },
    spec: {
      completions: million,
      parallelism: 10,
      completionMode: "Indexed",
      selector: { matchLabels: { "controller-uid": "uid-of-big" } },
      template: {
        metadata: { labels: { "controller-uid": "uid-of-big" } },
        spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
      },
    },
    status: {
      startTime: "2029-12-31T00:00:00Z",
      completedIndexes: "0-899999",
      succeeded: 900_000,
    },
  });
  const effects = jobController.reconcile(job, viewOf([job]));
  equal(told(effects).filter((line) => line.startsWith("create Pod")).length, 10);
});

test("A job of a million completions goes on in a cluster, and its status stays short", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  const at = { namespace: "default", name: "big" };
  const template = {
    spec: { restartPolicy: "Never" as const, containers: [{ name: "c", image: "i" }] },
  };
  const completionMode = "Indexed";
  await client.create(Job, {
    metadata: at,
    spec: { completions: million, parallelism: 10, completionMode, template },
  });
  await advance(seconds(2));
  for (let round = 1; round <= 5; round++) {
    const running = (await client.list(Pod)).items.filter(
      ({ status }) => status.phase === "Pending",
    );
    equal(running.length, 10, `round ${round}`);
    for (const { metadata } of running) {
      const where = { namespace: "default", name: metadata.name ?? "", subresource: "status" };
      await client.patch(Pod, where, { is: "merge", change: { status: { phase: "Succeeded" } } });
    }
    await advance(seconds(5));
  }
  const { status } = await client.get(Job, at);
  equal(status.succeeded, 50);
  equal(status.completedIndexes, "0-49");
  deepEqual(cluster.complaints, []);
});

test("A service with 5,000 endpoints: 50 slices, and one of them changes with one pod", () => {
  const labels = { app: "web" };
  const service = made(Service, {
    metadata: { name: "web" },
    spec: { clusterIP: "10.96.0.9", selector: labels, ports: [{ port: 80 }] },
  });
  const node = made(Node, { metadata: { name: "n" } });
  const pods = Array.from({ length: 5_000 }, (_, i) =>
    made(Pod, {
      metadata: { name: `web-${i}`, labels },
      spec: { nodeName: "n", containers: [{ name: "c", image: "i" }] },
      status: {
        phase: "Running",
        podIP: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
        podIPs: [{ ip: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` }],
        conditions: [{ type: "Ready", status: "True" }],
      },
    }),
  );
  const first = endpointsliceController.reconcile(service, viewOf([service, node, ...pods]));
  const created = all(first, "create");
  equal(created.length, 50);
  const slices = created.map(({ object }, i) => {
    const { metadata, ...rest } = object as ApiObject;
    return made(EndpointSlice, { ...rest, metadata: { ...metadata, name: `web-${i}` } });
  });
  const settled = [service, node, ...slices];
  deepEqual(told(endpointsliceController.reconcile(service, viewOf([...settled, ...pods]))), []);
  const fewer = endpointsliceController.reconcile(
    service,
    viewOf([...settled, ...pods.filter((_, i) => i !== 2_345)]),
  );
  equal(told(fewer).length, 1);
});

test("10,000 namespaces each get what every namespace has, within seconds, and hundreds of them go with all of it", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  const names = Array.from({ length: 10_000 }, (_, i) => `n${i}`);
  for (const name of names) await client.create(Namespace, { metadata: { name } });
  await cluster.advance(seconds(10));
  const accounts = (await client.list(ServiceAccount)).items;
  const roots = (await client.list(ConfigMap)).items;
  const having = (objects: readonly ApiObject[]): number =>
    new Set(objects.map(({ metadata }) => metadata.namespace)).size;
  ok(having(accounts) >= names.length, `${having(accounts)} have an account`);
  ok(having(roots) >= names.length, `${having(roots)} have the certificates`);
  const deleted = new Set(names.slice(0, 500));
  for (const name of deleted) await client.delete(Namespace, { name });
  await cluster.advance(minutes(1));
  for (const kind of [ServiceAccount, ConfigMap]) {
    const { items } = await client.list<ApiObject>(kind);
    equal(having(items.filter(({ metadata }) => deleted.has(metadata.namespace ?? ""))), 0);
  }
  const left = (await client.list(Namespace)).items.map(({ metadata }) => metadata.name ?? "");
  equal(new Set(left).intersection(new Set(names)).size, names.length - deleted.size);
  deepEqual(cluster.complaints, []);
});
