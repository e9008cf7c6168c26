/** What conformance asks of discovery, and of tables where there is nothing to tabulate. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import {
  define,
  definition,
  definitions,
  startCustomServer,
  version,
} from "../extension/testing.ts";
import { startSecureServer } from "../subresources/testing.ts";
import { allKinds, bodyOf, type Loose } from "../testing.ts";

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
const schema = { openAPIV3Schema: { type: "object" } };

test("every group prefers one of its versions, and each version lists resources of its own", async () => {
  const { ask } = await startSecureServer();
  const { groups } = await ask("GET", "/apis");
  ok(groups.length >= 19, `${groups.length} groups`);
  for (const { name, versions, preferredVersion } of groups) {
    deepEqual((await ask("GET", `/apis/${name}`)).preferredVersion, preferredVersion);
    const names = versions.map(({ groupVersion }: Loose) => groupVersion);
    ok(names.includes(preferredVersion.groupVersion), name);
    for (const groupVersion of names) {
      const found = await ask("GET", `/apis/${groupVersion}`);
      equal(found.groupVersion, groupVersion);
      ok(found.resources.length > 0, groupVersion);
    }
  }
});

test("aggregated discovery has every group, version and resource that plain discovery has", async () => {
  const { ask } = await startSecureServer();
  const { groups } = await ask("GET", "/apis");
  const { items } = await ask("GET", "/apis", { headers: { accept: aggregated } });
  const core = await ask("GET", "/api", { headers: { accept: aggregated } });
  deepEqual(
    core.items[0].versions[0].resources.map(({ resource }: Loose) => resource),
    await plainResources("/api/v1"),
  );
  deepEqual(
    items.map(({ metadata }: Loose) => metadata.name),
    groups.map(({ name }: Loose) => name),
  );
  for (const { metadata, versions } of items) {
    for (const { version: name, resources } of versions) {
      deepEqual(
        resources.map(({ resource }: Loose) => resource),
        await plainResources(`/apis/${metadata.name}/${name}`),
      );
    }
  }

  async function plainResources(path: string): Promise<readonly string[]> {
    const { resources } = await ask("GET", path);
    const names: readonly string[] = resources.map(({ name }: Loose) => name);
    return names.filter((name) => !name.includes("/") && !names.includes(`${name}/`));
  }
});

test("a new definition is in the aggregated discovery, its versions the preferred one first", async () => {
  await using server = await startCustomServer();
  const versions = ["v1alpha1", "v2", "v1"].map((name) =>
    version({}, { name, schema, storage: name === "v1" }),
  );
  await define(server, definition(versions));
  const { items } = await server.ask("GET", "/apis", { headers: { accept: aggregated } });
  const own = items.find(({ metadata }: Loose) => metadata.name === "stable.example.com");
  deepEqual(
    own.versions.map(({ version: name, resources }: Loose) => [name, resources[0].resource]),
    [
      ["v2", "crontabs"],
      ["v1", "crontabs"],
      ["v1alpha1", "crontabs"],
    ],
  );
  const { preferredVersion } = await server.ask("GET", "/apis/stable.example.com");
  equal(preferredVersion.version, "v2");
});

test("kinds that extend the API are in the documents of their groups", async () => {
  await using server = await startCustomServer({ kinds: allKinds });
  for (const [group, plurals] of [
    ["apiextensions.k8s.io", ["customresourcedefinitions", "customresourcedefinitions/status"]],
    [
      "admissionregistration.k8s.io",
      ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
    ],
  ] as const) {
    const { groups } = await server.ask("GET", "/apis");
    const listed = groups.find(({ name }: Loose) => name === group);
    const { versions } = await server.ask("GET", `/apis/${group}`);
    for (const found of [listed.versions, versions])
      ok(found.some(({ groupVersion }: Loose) => groupVersion === `${group}/v1`));
    const { resources } = await server.ask("GET", `/apis/${group}/v1`);
    for (const plural of plurals)
      ok(
        resources.some(({ name }: Loose) => name === plural),
        plural,
      );
  }
  deepEqual((await server.ask("GET", definitions)).items, []);
});

test("a review has no table, and nothing else was accepted: 406", async () => {
  const { send } = await startSecureServer();
  const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
  const spec = { nonResourceAttributes: { verb: "get", path: "/" } };
  for (const plural of ["selfsubjectaccessreviews", "subjectaccessreviews"]) {
    const answer = await send("POST", `/apis/authorization.k8s.io/v1/${plural}`, {
      body: { spec: plural.startsWith("self") ? spec : { ...spec, user: "bob" } },
      headers: { accept },
    });
    equal(answer.status, 406, plural);
    equal(bodyOf(answer).reason, "NotAcceptable");
  }
});

test("every kind that can be listed has a table, if only of names and ages", async () => {
  const { ask } = await startSecureServer();
  const headers = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  const plain = new Set<string>();
  for (const { apiVersion, group, plural, verbs, storage, gate } of allKinds) {
    if (!verbs.includes("list") || !storage || gate) continue;
    const path = `/${group === "" ? "api" : "apis"}/${apiVersion}/${plural}`;
    const table = await ask("GET", path, { headers });
    equal(table.kind, "Table", path);
    const names = table.columnDefinitions.map(({ name }: Loose) => name);
    if (names.join() === "Name,Created At") plain.add(plural);
  }
  deepEqual([...plain].toSorted(), [
    "clusterroles",
    "csistoragecapacities",
    "customresourcedefinitions",
    "limitranges",
    "roles",
  ]);
});
