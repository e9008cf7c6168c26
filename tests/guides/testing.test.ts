/** The examples of docs/guides/testing.md, as they stand there. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap, Deployment, Event, Pod } from "k8ts/kinds";
import { type Cluster, createCluster } from "k8ts/testing";

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: team/web:1.0.0
          resources: { requests: { cpu: 500m, memory: 256Mi } }
          readinessProbe: { httpGet: { path: /, port: 80 } }
`;

const inDefault = { namespace: "default" };

test("an application survives the loss of a node", async () => {
  await using cluster = await createCluster({ nodes: 3, seed: 7 });
  await cluster.apply(web);
  await cluster.idle();
  await cluster.nodes[0]?.stop();
  await cluster.clock.advance("7 minutes");
  const { status } = await cluster.client.get(Deployment, { ...inDefault, name: "web" });
  equal(status.availableReplicas, 3);
});

test("a version that never becomes ready takes nothing away", async () => {
  const broken = { match: { image: "team/web:2.0.0" }, ready: false };
  await using cluster = await createCluster({ nodes: 3, behaviours: [broken] });
  await cluster.apply(web);
  await cluster.idle();
  await cluster.apply(web.replace("web:1.0.0", "web:2.0.0"));
  await cluster.clock.advance("15 minutes");
  const { status } = await cluster.client.get(Deployment, { ...inDefault, name: "web" });
  const progressing = status.conditions?.find(({ type }) => type === "Progressing");
  deepEqual([status.availableReplicas, progressing?.reason], [3, "ProgressDeadlineExceeded"]);
});

/** Gives every ConfigMap with `website: "yes"` a Deployment that serves it. */
async function websites(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const labelSelector = "website=yes";
  for await (const { type, object } of cluster.watch(ConfigMap, { labelSelector, signal })) {
    const { name = "", namespace = "default", uid = "" } = object.metadata;
    if (type === "DELETED") continue;
    const owner = { apiVersion: "v1", kind: "ConfigMap", name, uid, controller: true };
    const labels = { website: name };
    const site = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, ownerReferences: [owner] },
      spec: {
        replicas: Number(object.data?.["replicas"] ?? 1),
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "site", image: "team/site:1.0.0" }] },
        },
      },
    };
    await cluster.client.patch(
      Deployment,
      { namespace, name },
      { is: "apply", object: site, force: true },
    );
  }
}

test("an operator makes what is wanted, and what it made goes with its owner", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  const stop = new AbortController();
  const running = websites(cluster, stop.signal);
  const metadata = { ...inDefault, name: "docs", labels: { website: "yes" } };
  await cluster.client.create(ConfigMap, { metadata, data: { replicas: "2" } });
  await cluster.idle();
  const pods = async (): Promise<number> =>
    (await cluster.client.list(Pod, { ...inDefault, labelSelector: "website=docs" })).items.length;
  equal(await pods(), 2);
  await cluster.client.delete(ConfigMap, { ...inDefault, name: "docs" });
  await cluster.clock.advance("1 minute");
  equal(await pods(), 0);
  stop.abort();
  await running;
});

test("a capacity plan: how many of them fit on these nodes", async () => {
  const small = { cpu: "4", memory: "8Gi" };
  await using cluster = await createCluster({ nodes: [{ capacity: small }, { capacity: small }] });
  await cluster.apply(web.replace("replicas: 3", "replicas: 20"));
  await cluster.clock.advance("1 minute");
  const { status } = await cluster.client.get(Deployment, { ...inDefault, name: "web" });
  equal(status.readyReplicas, 16);
  const { items } = await cluster.client.list(Event, inDefault);
  const why = items.find(({ reason }) => reason === "FailedScheduling")?.message ?? "";
  ok(why.startsWith("0/2 nodes are available: 2 Insufficient cpu."), why);
});

test("the same seed is the same run", async () => {
  const run = async (seed: number): Promise<readonly string[]> => {
    await using cluster = await createCluster({ nodes: 3, seed });
    await cluster.apply(web);
    await cluster.idle();
    const { items } = await cluster.client.list(Event, inDefault);
    return items.map(
      (event) => `${event.lastTimestamp} ${event.involvedObject.name}: ${event.message}`,
    );
  };
  deepEqual(await run(7), await run(7));
  ok(JSON.stringify(await run(7)) !== JSON.stringify(await run(8)));
});
