import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { configMap, type Loose, startTestServer, type TestServer } from "../testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";

interface Options {
  readonly manager: string;
  readonly force?: boolean;
  readonly url?: string;
}

const target = ({ manager, force = false, url = `${maps}/a` }: Options): string =>
  `${url}?fieldManager=${manager}${force ? "&force=true" : ""}`;

const type = "application/apply-patch+yaml";

const apply = (server: TestServer, body: object | string, options: Options): Promise<Loose> =>
  server.ask("PATCH", target(options), { body, type });

const conflict = (server: TestServer, body: object, options: Options): Promise<Loose> =>
  server.refused("PATCH", target(options), { body, type });

/** `manager operation part: {…}`. */
const owners = ({ metadata }: Loose): string[] =>
  (metadata.managedFields ?? []).map(
    ({ manager, operation, subresource = "", fieldsV1 }: Loose) =>
      `${manager} ${operation} ${subresource}: ${JSON.stringify(fieldsV1)}`,
  );

test("applying what is not there creates it, owned by whoever applied it", async () => {
  await using server = await startTestServer();
  const response = await server.send("PATCH", target({ manager: "me" }), {
    body: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n",
    type,
  });
  equal(response.status, 201);
  const created = await server.ask("GET", `${maps}/a`);
  deepEqual(created.data, { x: "1" });
  deepEqual(owners(created), ['me Apply : {"f:data":{"f:x":{}}}']);
});

test("what a manager applied before and no longer applies goes", async () => {
  await using server = await startTestServer();
  await apply(server, configMap("a", { x: "1", y: "2" }), { manager: "me" });
  const after = await apply(server, configMap("a", { y: "2" }), { manager: "me" });
  deepEqual(after.data, { y: "2" });
  deepEqual(owners(after), ['me Apply : {"f:data":{"f:y":{}}}']);
});

test("the last label goes, and the name stays", async () => {
  await using server = await startTestServer();
  await apply(server, configMap("a", { x: "1" }, { labels: { app: "web" } }), { manager: "me" });
  const after = await apply(server, configMap("a", { x: "1" }), { manager: "me" });
  equal(after.metadata.name, "a");
  equal(after.metadata.labels, undefined);
});

test("what somebody else applies as well stays", async () => {
  await using server = await startTestServer();
  await apply(server, configMap("a", { x: "1", y: "2" }), { manager: "me" });
  await apply(server, configMap("a", { x: "1" }), { manager: "you" });
  const after = await apply(server, configMap("a", { y: "2" }), { manager: "me" });
  deepEqual(after.data, { x: "1", y: "2" });
});

test("what others own is a conflict, told field by field", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", { x: "1", y: "2" }) });
  const one = await conflict(server, configMap("a", { x: "9" }), { manager: "me" });
  deepEqual([one.code, one.reason], [409, "Conflict"]);
  equal(one.message, 'Apply failed with 1 conflict: conflict with "test" using v1: .data.x');
  deepEqual(one.details.causes, [
    { reason: "FieldManagerConflict", message: 'conflict with "test" using v1', field: ".data.x" },
  ]);
  await apply(server, configMap("a", { z: "3" }), { manager: "you" });
  const body = configMap("a", { x: "9", y: "9", z: "9" });
  const three = await conflict(server, body, { manager: "me" });
  equal(
    three.message,
    'Apply failed with 3 conflicts: conflicts with "test" using v1:\n- .data.x\n- .data.y\nconflicts with "you":\n- .data.z',
  );
  deepEqual((await server.ask("GET", `${maps}/a`)).data, { x: "1", y: "2", z: "3" });
});

test("the same value is shared, not fought over", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  const after = await apply(server, configMap("a", { x: "1" }), { manager: "me" });
  deepEqual(owners(after), [
    'me Apply : {"f:data":{"f:x":{}}}',
    'test Update : {"f:data":{".":{},"f:x":{}}}',
  ]);
});

test("force takes what others own", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  const after = await apply(server, configMap("a", { x: "9" }), { manager: "me", force: true });
  deepEqual(after.data, { x: "9" });
  deepEqual(owners(after), ['me Apply : {"f:data":{"f:x":{}}}', 'test Update : {"f:data":{}}']);
});

test("an update takes what it changes, and what it removes is nobody's", async () => {
  await using server = await startTestServer();
  await apply(server, configMap("a", { x: "1", y: "2", z: "3" }), { manager: "me" });
  const after = await server.ask("PUT", `${maps}/a?fieldManager=you`, {
    body: configMap("a", { x: "1", y: "9" }),
  });
  deepEqual(owners(after), [
    'me Apply : {"f:data":{"f:x":{}}}',
    'you Update : {"f:data":{"f:y":{}}}',
  ]);
});

test("applying the same again is no write", async () => {
  await using server = await startTestServer();
  const before = await apply(server, configMap("a", { x: "1" }), { manager: "me" });
  server.clock.advance(60_000);
  deepEqual(await apply(server, configMap("a", { x: "1" }), { manager: "me" }), before);
});

test("the status is applied by its own door only", async () => {
  await using server = await startTestServer();
  const body = {
    apiVersion: "test.k8ts.io/v1",
    kind: "Crew",
    metadata: { name: "c" },
    spec: { size: 1 },
    status: { phase: "Busy" },
  };
  const url = `${crews}/c`;
  const created = await apply(server, body, { manager: "me", url });
  deepEqual(created.status, {});
  deepEqual(owners(created), ['me Apply : {"f:spec":{"f:size":{}}}']);
  const after = await apply(server, body, { manager: "me", url: `${url}/status` });
  deepEqual(after.status, { phase: "Busy" });
  deepEqual(owners(after), [
    'me Apply : {"f:spec":{"f:size":{}}}',
    'me Apply status: {"f:status":{"f:phase":{}}}',
  ]);
});

test("an object whose owners are unknown belongs to an unknown updater first", async () => {
  await using server = await startTestServer();
  const created = await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  const metadata = { ...created.metadata, managedFields: [{}] };
  const reset = await server.ask("PUT", `${maps}/a`, { body: { ...created, metadata } });
  deepEqual(owners(reset), []);
  const untracked = await server.ask("PUT", `${maps}/a`, { body: configMap("a", { x: "2" }) });
  deepEqual(owners(untracked), []);
  const failed = await conflict(server, configMap("a", { x: "3" }), { manager: "me" });
  equal(
    failed.message,
    'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.x',
  );
});

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

test("kubectl moves from client-side to server-side apply without a conflict", async () => {
  await using server = await startTestServer();
  const config = configMap("a", { x: "1" });
  const annotations = { [lastApplied]: JSON.stringify(config) };
  await server.ask("POST", `${maps}?fieldManager=kubectl-client-side-apply`, {
    body: configMap("a", { x: "1" }, { annotations }),
  });
  const changed = configMap("a", { x: "2" });
  equal((await conflict(server, changed, { manager: "other" })).reason, "Conflict");
  const after = await apply(server, changed, { manager: "kubectl" });
  deepEqual(after.data, { x: "2" });
  deepEqual(JSON.parse(after.metadata.annotations[lastApplied]).data, { x: "2" });
});

test("what was changed behind kubectl's back is still a conflict", async () => {
  await using server = await startTestServer();
  const annotations = { [lastApplied]: JSON.stringify(configMap("a", { x: "1" })) };
  await server.ask("POST", `${maps}?fieldManager=kubectl-client-side-apply`, {
    body: configMap("a", { x: "1" }, { annotations }),
  });
  await server.ask("PATCH", `${maps}/a?fieldManager=you`, {
    body: { data: { x: "7" } },
    type: "application/merge-patch+json",
  });
  const failed = await conflict(server, configMap("a", { x: "2" }), { manager: "kubectl" });
  match(failed.message, /conflict with "you" using v1: .data.x/);
});

for (const [name, body, says] of [
  [
    "another version",
    { ...configMap("a"), apiVersion: "v2" },
    /^Incorrect version specified in apply patch. Specified patch version: v2, expected: v1$/,
  ],
  [
    "managedFields",
    configMap("a", {}, { managedFields: [] }),
    /^metadata.managedFields must be nil$/,
  ],
  [
    "an unknown field",
    { ...configMap("a"), dat: {} },
    /^failed to create typed patch object \(\/a; v1, Kind=ConfigMap\): .dat: field not declared in schema$/,
  ],
  ["no object", "- 1", /^error decoding YAML/],
  ["bad YAML", "a: [", /^error decoding YAML/],
  ["another name", configMap("b"), /does not match the name on the URL/],
] as const) {
  test(`apply is refused with ${name}`, async () => {
    await using server = await startTestServer();
    const failed = await conflict(server, body as object, { manager: "me" });
    equal(failed.code, 400, failed.message);
    match(failed.message, says);
  });
}

test("a uid in what is applied must be the object's", async () => {
  await using server = await startTestServer();
  const body = configMap("a", {}, { uid: "x" });
  equal((await conflict(server, body, { manager: "me" })).reason, "Conflict");
});

test("the same value by many updaters does not grow without bound", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", { first: "v" }) });
  for (let i = 0; i < 15; i++) {
    server.clock.advance(1_000);
    await server.ask("PATCH", `${maps}/a?fieldManager=m${i}`, {
      body: { data: { [`k${i}`]: "v" } },
      type: "application/merge-patch+json",
    });
  }
  const entries = (await server.ask("GET", `${maps}/a`)).metadata.managedFields;
  equal(entries.length, 10);
  equal(entries[0].manager, "ancient-changes");
});
