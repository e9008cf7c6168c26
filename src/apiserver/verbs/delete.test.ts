import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, configMap, type Loose, startTestServer } from "../testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";

const crew = (spec: object = {}, metadata: object = {}): object => ({
  metadata: { name: "web", ...metadata },
  spec,
});

test("a deleted object is gone, and the answer says what it was", async () => {
  await using server = await startTestServer();
  const { metadata } = await server.ask("POST", maps, { body: configMap("a") });
  const status = await server.ask("DELETE", `${maps}/a`);
  deepEqual([status.kind, status.status], ["Status", "Success"]);
  deepEqual(status.details, { name: "a", kind: "configmaps", uid: metadata.uid });
  equal((await server.refused("GET", `${maps}/a`)).code, 404);
  equal((await server.refused("DELETE", `${maps}/a`)).code, 404);
});

test("deletion can be bound to a uid and a revision", async () => {
  await using server = await startTestServer();
  const { metadata } = await server.ask("POST", maps, { body: configMap("a") });
  const remove = (preconditions: object): Promise<Loose> =>
    server.send("DELETE", `${maps}/a`, { body: { preconditions } });
  const wrong = await remove({ uid: "other" });
  equal(wrong.status, 409);
  match(
    bodyOf(wrong).message,
    /the UID in the precondition \(other\) does not match the UID in record/,
  );
  equal((await remove({ resourceVersion: "1" })).status, 409);
  equal(
    (await remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion })).status,
    200,
  );
});

test("an object with finalizers is marked, and goes with the last of them", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", {}, { finalizers: ["x.io/y"] }) });
  const marked = await server.ask("DELETE", `${maps}/a`);
  equal(marked.kind, "ConfigMap");
  equal(marked.metadata.deletionTimestamp, "2026-01-01T00:00:00Z");
  equal(marked.metadata.deletionGracePeriodSeconds, 0);
  const { metadata } = await server.ask("DELETE", `${maps}/a`);
  equal(
    metadata.resourceVersion,
    marked.metadata.resourceVersion,
    "the second DELETE does nothing",
  );
  const added = { ...marked, metadata: { ...marked.metadata, finalizers: ["x.io/y", "z.io/w"] } };
  equal((await server.refused("PUT", `${maps}/a`, { body: added })).code, 422);
  const watch = await server.watch(`${maps}?watch=1&resourceVersion=${metadata.resourceVersion}`);
  const done = { ...marked, metadata: { ...marked.metadata, finalizers: [] } };
  equal((await server.ask("PUT", `${maps}/a`, { body: done })).metadata.finalizers, undefined);
  equal((await server.refused("GET", `${maps}/a`)).code, 404);
  deepEqual(await watch.take(1), ["DELETED a"]);
  await watch.end();
});

for (const [policy, finalizers] of [
  ["Foreground", ["foregroundDeletion"]],
  ["Orphan", ["orphan"]],
] as const) {
  test(`${policy} deletion leaves the dependents to the garbage collector first`, async () => {
    await using server = await startTestServer();
    await server.ask("POST", maps, { body: configMap("a") });
    const { metadata } = await server.ask("DELETE", `${maps}/a?propagationPolicy=${policy}`);
    deepEqual(metadata.finalizers, finalizers);
    equal((await server.ask("DELETE", `${maps}/a?propagationPolicy=Background`)).kind, "Status");
    equal((await server.refused("GET", `${maps}/a`)).code, 404);
  });
}

test("a kind may orphan its dependents unless told otherwise", async () => {
  await using server = await startTestServer();
  await server.ask("POST", crews, { body: crew() });
  deepEqual((await server.ask("DELETE", `${crews}/web`)).metadata.finalizers, ["orphan"]);
  const response = await server.send("DELETE", `${crews}/web`, {
    body: { orphanDependents: false },
  });
  equal(response.status, 200);
});

test("options that contradict each other are refused", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  for (const body of [
    { orphanDependents: true, propagationPolicy: "Orphan" },
    { propagationPolicy: "Sideways" },
    { dryRun: ["Some"] },
  ]) {
    equal((await server.refused("DELETE", `${maps}/a`, { body })).code, 422);
  }
  equal((await server.refused("DELETE", `${maps}/a`, { body: "{" })).code, 400);
  equal((await server.refused("DELETE", `${maps}/a?gracePeriodSeconds=x`)).code, 400);
  equal((await server.send("GET", `${maps}/a`)).status, 200);
});

test("with a grace period the object is marked; it can only become shorter", async () => {
  await using server = await startTestServer();
  const url = `${crews}/web`;
  await server.ask("POST", crews, { body: crew({ leader: "anna", size: 1 }) });
  const background = "propagationPolicy=Background";
  const marked = await server.ask("DELETE", `${url}?${background}`);
  equal(marked.metadata.deletionGracePeriodSeconds, 30);
  equal(marked.metadata.deletionTimestamp, "2026-01-01T00:00:30Z");
  equal(marked.metadata.generation, 2);
  equal(marked.status.phase, "Leaving");
  server.clock.advance(5_000);
  const again = await server.ask("DELETE", `${url}?${background}&gracePeriodSeconds=60`);
  deepEqual(again, marked);
  const sooner = await server.ask("DELETE", `${url}?${background}&gracePeriodSeconds=10`);
  equal(sooner.metadata.deletionTimestamp, "2026-01-01T00:00:10Z");
  equal(sooner.metadata.generation, 2);
  equal((await server.send("GET", url)).status, 200);
  await server.ask("DELETE", `${url}?${background}&gracePeriodSeconds=0`);
  equal((await server.send("GET", url)).status, 404);
});

test("what holds an object keeps it, until an update lets it go", async () => {
  await using server = await startTestServer();
  const url = `${crews}/web`;
  await server.ask("POST", crews, { body: crew({ holds: ["rope"] }) });
  const marked = await server.ask("DELETE", `${url}?propagationPolicy=Background`);
  equal(marked.status.phase, "Leaving");
  const free = { ...marked, spec: {} };
  await server.ask("PUT", url, { body: free });
  equal((await server.send("GET", url)).status, 404);
});

test("an object that is being deleted stays so", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", {}, { finalizers: ["x.io/y"] }) });
  const marked = await server.ask("DELETE", `${maps}/a`);
  const { deletionTimestamp: _gone, ...metadata } = marked.metadata;
  const put = await server.ask("PUT", `${maps}/a`, {
    body: { ...marked, metadata, data: { a: "b" } },
  });
  equal(put.metadata.deletionTimestamp, marked.metadata.deletionTimestamp);
});

test("a dry run deletes nothing", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  equal((await server.ask("DELETE", `${maps}/a?dryRun=All`)).status, "Success");
  equal((await server.send("DELETE", `${maps}/a`, { body: { dryRun: ["All"] } })).status, 200);
  equal((await server.send("GET", `${maps}/a`)).status, 200);
});

test("a collection is deleted by the same selection as it is listed", async () => {
  await using server = await startTestServer();
  for (const [name, app] of [
    ["a", "web"],
    ["b", "web"],
    ["c", "db"],
  ] as const) {
    await server.ask("POST", maps, { body: configMap(name, {}, { labels: { app } }) });
  }
  const response = await server.send("DELETE", `${maps}?labelSelector=app%3Dweb`);
  equal(response.status, 200);
  deepEqual(names(bodyOf(response)), ["a", "b"]);
  deepEqual(names(await server.ask("GET", maps)), ["c"]);
  equal((await server.refused("DELETE", "/api/v1/configmaps")).code, 405);
});

const names = ({ items }: Loose): string[] => items.map((item: Loose) => item.metadata.name);
