/** Claims, volumes and classes that are being deleted stay as long as somebody uses them. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Namespace } from "#api/core/namespace.ts";
import { PersistentVolume } from "#api/core/persistentvolume.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import { VolumeAttributesClass } from "#api/storage/volumeattributesclass.ts";
import { seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";

const claim = (name: string, spec: object = {}) => ({
  metadata: { namespace, name },
  spec: {
    accessModes: ["ReadWriteOnce" as const],
    resources: { requests: { storage: "1Gi" } },
    ...spec,
  },
});

const podWith = (claimName: string, nodeName?: string) => ({
  metadata: { namespace, name: "user" },
  spec: {
    ...(nodeName ? { nodeName } : {}),
    containers: [{ name: "c", image: "web:1" }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
  },
});

const names = async ({ client }: TestCluster, kind: AnyKind): Promise<readonly string[]> =>
  (await client.list<ApiObject>(kind)).items.map(({ metadata }) => metadata.name ?? "");

test("a claim that a pod uses stays until the pod is gone", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolumeClaim, claim("data"));
  await client.create(Pod, podWith("data", "a"));
  await advance(seconds(1));
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(5));
  deepEqual(await names(cluster, PersistentVolumeClaim), ["data"]);
  await client.delete(Pod, { namespace, name: "user" }, { gracePeriodSeconds: 0 });
  await advance(seconds(5));
  deepEqual(await names(cluster, PersistentVolumeClaim), []);
  deepEqual(cluster.complaints, []);
});

test("a claim that nobody uses goes at once, also when a pod without a node names it", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolumeClaim, claim("data"));
  await client.create(Pod, podWith("data"));
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(1));
  deepEqual(await names(cluster, PersistentVolumeClaim), []);
});

test("a pod that the caches do not show yet keeps its claim", async () => {
  await using cluster = await startTestCluster({
    through: (client) => ({
      ...client,
      // Pods are never heard of again once the caches are filled.
      watch: async function* (kind, options) {
        for await (const batch of client.watch(kind, options))
          yield kind.plural === "pods" ? batch.filter(({ type }) => type === "BOOKMARK") : batch;
      },
    }),
  });
  const { client, advance } = cluster;
  await client.create(PersistentVolumeClaim, claim("data"));
  await client.create(Pod, podWith("data", "a"));
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(10));
  deepEqual(await names(cluster, PersistentVolumeClaim), ["data"]);
});

test("a claim that lost its protection gets it back", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolumeClaim, claim("data"));
  const at = { namespace, name: "data" };
  await client.patch(PersistentVolumeClaim, at, {
    is: "merge",
    change: { metadata: { finalizers: [] } },
  });
  await advance(seconds(1));
  const { metadata } = await client.get(PersistentVolumeClaim, at);
  deepEqual(metadata.finalizers, ["kubernetes.io/pvc-protection"]);
});

test("a volume that is bound stays until it is not", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(PersistentVolume, {
    metadata: { name: "disk" },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      hostPath: { path: "/tmp" },
    },
  });
  await client.create(PersistentVolumeClaim, claim("data", { storageClassName: "" }));
  await advance(seconds(1));
  await client.delete(PersistentVolume, { name: "disk" });
  await advance(seconds(5));
  deepEqual(await names(cluster, PersistentVolume), ["disk"]);
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(5));
  deepEqual(await names(cluster, PersistentVolume), []);
});

test("a class of attributes stays as long as a claim names it", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await client.create(VolumeAttributesClass, {
    metadata: { name: "fast" },
    driverName: "disk.example.com",
    parameters: { iops: "100" },
  });
  await client.create(PersistentVolumeClaim, claim("data", { volumeAttributesClassName: "fast" }));
  await advance(seconds(1));
  await client.delete(VolumeAttributesClass, { name: "fast" });
  await advance(seconds(5));
  deepEqual(await names(cluster, VolumeAttributesClass), ["fast"]);
  await client.delete(PersistentVolumeClaim, { namespace, name: "data" });
  await advance(seconds(5));
  deepEqual(await names(cluster, VolumeAttributesClass), []);
});

test("a namespace with claims that are used goes in the end", async () => {
  await using cluster = await startTestCluster({ podsReadyAfterMs: 0 });
  const { client, advance } = cluster;
  await client.create(Namespace, { metadata: { name: "shop" } });
  await advance(seconds(1));
  const inShop = { namespace: "shop", name: "data" };
  await client.create(PersistentVolumeClaim, { ...claim("data"), metadata: inShop });
  const { spec } = podWith("data", "a");
  await client.create(Pod, { metadata: { namespace: "shop", name: "user" }, spec });
  await advance(seconds(2));
  await client.delete(Namespace, { name: "shop" });
  await advance(seconds(60));
  equal((await names(cluster, Namespace)).includes("shop"), false);
});
