import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Namespace } from "#api/core/namespace.ts";
import { allVerbs, type AnyKind } from "#api/kind.ts";
import { seconds } from "#base/clock.ts";
import { dynamicKind } from "#client/dynamic.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const Crew: AnyKind = dynamicKind({
  group: "example.com",
  version: "v1",
  kind: "Crew",
  plural: "crews",
  singular: "crew",
  shortNames: [],
  categories: [],
  scope: "Namespaced",
  verbs: allVerbs,
});

const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

async function define({ client, advance }: TestCluster): Promise<void> {
  await client.create(CustomResourceDefinition, {
    metadata: { name: "crews.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "crews", kind: "Crew" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
  await advance(seconds(2));
}

const namesOf = async ({ client }: TestCluster, kind: AnyKind): Promise<readonly string[]> =>
  (await client.list(kind)).items.map(({ metadata }) => metadata.name ?? "");

test("a namespace takes its custom objects with it", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await define(cluster);
  await client.create(Namespace, { metadata: { name: "ship" } });
  await client.create(Crew, { metadata: { namespace: "ship", name: "red" } });
  await client.delete(Namespace, { name: "ship" });
  await advance(seconds(10));
  equal((await namesOf(cluster, Namespace)).includes("ship"), false);
  deepEqual(await namesOf(cluster, Crew), []);
});

test("custom objects own and are owned like any other", async () => {
  await using cluster = await startTestCluster();
  const { client, advance } = cluster;
  await define(cluster);
  const namespace = "default";
  const root = await client.create(Crew, { metadata: { namespace, name: "root" } });
  const owner = (kind: AnyKind, { name = "", uid = "" }): object => ({
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    name,
    uid,
  });
  const leaf = await client.create(ConfigMap, {
    metadata: { namespace, name: "leaf", ownerReferences: [owner(Crew, root.metadata) as never] },
  });
  await client.create(Crew, {
    metadata: { namespace, name: "last", ownerReferences: [owner(ConfigMap, leaf.metadata)] },
  });
  await advance(seconds(5));
  deepEqual(await namesOf(cluster, Crew), ["last", "root"]);
  await client.delete(Crew, { namespace, name: "root" });
  await advance(seconds(10));
  deepEqual(await namesOf(cluster, Crew), []);
  equal((await namesOf(cluster, ConfigMap)).includes("leaf"), false);
});

test("a kind that goes leaves nothing behind that asks for it", async () => {
  await using cluster = await startTestCluster();
  const { client, advance, complaints } = cluster;
  await define(cluster);
  await client.create(Crew, { metadata: { namespace: "default", name: "red" } });
  await client.delete(CustomResourceDefinition, { name: "crews.example.com" });
  await advance(seconds(10));
  deepEqual(await namesOf(cluster, CustomResourceDefinition), []);
  await client.create(Namespace, { metadata: { name: "ship" } });
  await client.delete(Namespace, { name: "ship" });
  await advance(seconds(10));
  equal((await namesOf(cluster, Namespace)).includes("ship"), false);
  deepEqual(complaints, []);
});
