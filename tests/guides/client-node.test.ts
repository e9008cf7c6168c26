/** An operator written with npm's @kubernetes/client-node, unchanged, as docs/guides/testing.md has it. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  type V1ConfigMap,
  Watch,
} from "@kubernetes/client-node";
import { Writable } from "node:stream";
import { createCluster } from "k8ts/testing";

/** Gives every ConfigMap with `website: "yes"` a Deployment: it knows nothing of k8ts. */
async function websites(config: KubeConfig): Promise<{ readonly stop: () => Promise<void> }> {
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const labelSelector = "website=yes";
  const path = "/api/v1/configmaps";
  const list = () => core.listConfigMapForAllNamespaces({ labelSelector });
  const informer = makeInformer(config, path, list, labelSelector);
  informer.on("add", ({ metadata, data }: V1ConfigMap) => {
    const { name = "", namespace = "default", uid = "" } = metadata ?? {};
    const owner = { apiVersion: "v1", kind: "ConfigMap", name, uid, controller: true };
    const labels = { website: name };
    const containers = [{ name: "site", image: "team/site:1.0.0" }];
    void apps.createNamespacedDeployment({
      namespace,
      body: {
        metadata: { name, ownerReferences: [owner] },
        spec: {
          replicas: Number(data?.["replicas"] ?? 1),
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers } },
        },
      },
    });
  });
  await informer.start();
  return { stop: () => informer.stop() };
}

test("an operator that uses client-node runs unchanged, without a socket", async () => {
  await using cluster = await createCluster({ nodes: 2 });
  const config = cluster.kubeConfig(new KubeConfig());
  const operator = await websites(config);
  const core = config.makeApiClient(CoreV1Api);
  const metadata = { name: "docs", labels: { website: "yes" } };
  await core.createNamespacedConfigMap({
    namespace: "default",
    body: { metadata, data: { replicas: "2" } },
  });
  await cluster.idle();
  const pods = async (): Promise<readonly (string | undefined)[]> => {
    const { items } = await core.listNamespacedPod({
      namespace: "default",
      labelSelector: "website=docs",
    });
    return items.map(({ status }) => status?.phase);
  };
  deepEqual(await pods(), ["Running", "Running"]);
  await core.deleteNamespacedConfigMap({ namespace: "default", name: "docs" });
  await cluster.clock.advance("1 minute");
  deepEqual(await pods(), []);
  await operator.stop();
  const sockets = process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP"));
  deepEqual(sockets, []);
});

test("watches, logs, generic objects and failures are as over a socket", async () => {
  const says = { match: { image: "app" }, logs: ["hello from nowhere"] };
  await using cluster = await createCluster({ nodes: 1, behaviours: [says] });
  const config = cluster.kubeConfig(new KubeConfig());
  const seen: string[] = [];
  const watch = await new Watch(config).watch(
    "/api/v1/namespaces/default/pods",
    {},
    (type: string, { status }: { status: { phase: string } }) =>
      seen.push(`${type} ${status.phase}`),
    () => undefined,
  );
  const containers = [{ name: "app", image: "app:1" }];
  await KubernetesObjectApi.makeApiClient(config).create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace: "default", name: "one" },
    spec: { containers },
  });
  await cluster.idle();
  watch.abort();
  equal(seen.at(0), "ADDED Pending");
  equal(seen.at(-1), "MODIFIED Running");

  let text = "";
  const into = new Writable({
    write: (chunk, _encoding, done) => ((text += String(chunk)), done()),
  });
  await new Log(config).log("default", "one", "app", into);
  await cluster.clock.settle();
  equal(text, "hello from nowhere\n");
  const core = config.makeApiClient(CoreV1Api);
  await rejects(core.readNamespacedPod({ namespace: "default", name: "none" }), (cause) => {
    equal((cause as { code?: number }).code, 404);
    return true;
  });
});

test("an operator may do what its role allows, and nothing else", async () => {
  await using cluster = await createCluster();
  const config = cluster.kubeConfig(new KubeConfig(), "system:serviceaccount:default:operator");
  const core = config.makeApiClient(CoreV1Api);
  await rejects(
    core.listNamespacedConfigMap({ namespace: "default" }),
    /configmaps is forbidden: User .*system:serviceaccount:default:operator.* cannot list/,
  );
});
