import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap } from "#api/core/configmap.ts";
import { bodyOf, configMap, type Loose, startTestServer } from "../testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const crews = "/apis/test.k8ts.io/v1/namespaces/default/crews";

const crew = (size: number): object => ({
  metadata: { name: "web" },
  spec: { size, leader: "anna" },
});

test("a PUT replaces the object and keeps what is the server's", async () => {
  await using server = await startTestServer();
  const before = await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  const response = await server.send("PUT", `${maps}/a`, { body: configMap("a", { y: "2" }) });
  equal(response.status, 200);
  const after = bodyOf(response);
  deepEqual(after.data, { y: "2" });
  equal(after.metadata.uid, before.metadata.uid);
  equal(after.metadata.creationTimestamp, before.metadata.creationTimestamp);
  equal(Number(after.metadata.resourceVersion), Number(before.metadata.resourceVersion) + 1);
});

test("a PUT of the same is no write", async () => {
  await using server = await startTestServer();
  const before = await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  server.clock.advance(60_000);
  const after = await server.ask("PUT", `${maps}/a`, { body: configMap("a", { x: "1" }) });
  deepEqual(after, before);
});

test("a PUT based on an older revision conflicts", async () => {
  await using server = await startTestServer();
  const old = await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  await server.ask("PUT", `${maps}/a`, { body: configMap("a", { x: "2" }) });
  const status = await server.refused("PUT", `${maps}/a`, { body: { ...old, data: { x: "3" } } });
  deepEqual([status.code, status.reason], [409, "Conflict"]);
  equal(
    status.message,
    'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
  );
});

test("a PUT for an object of another uid conflicts", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  const status = await server.refused("PUT", `${maps}/a`, {
    body: configMap("a", {}, { uid: "x" }),
  });
  equal(status.code, 409);
  match(status.message ?? "", /Precondition failed: UID in precondition: x, UID in object meta: /);
});

for (const [name, body, code] of [
  ["another name", configMap("b"), 400],
  ["no name", { kind: "ConfigMap", apiVersion: "v1" }, 400],
  ["another namespace", configMap("a", {}, { namespace: "b" }), 400],
] as const) {
  test(`a PUT is refused with ${name}`, async () => {
    await using server = await startTestServer();
    await server.ask("POST", maps, { body: configMap("a") });
    equal((await server.refused("PUT", `${maps}/a`, { body })).code, code);
  });
}

test("a PUT of what is not there is 404", async () => {
  await using server = await startTestServer();
  equal((await server.refused("PUT", `${maps}/a`, { body: configMap("a") })).code, 404);
});

test("a kind may be created by PUT, by those who may create", async () => {
  let mayCreate = false;
  await using server = await startTestServer({
    mayDo: ({ verb }) => verb !== "create" || mayCreate,
  });
  const body = { metadata: { name: "l" }, spec: { holderIdentity: "me" } };
  const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l";
  equal((await server.refused("PUT", leases, { body })).code, 403);
  mayCreate = true;
  const response = await server.send("PUT", leases, { body });
  equal(response.status, 201);
});

test("generation counts changes of the spec, not of metadata or status", async () => {
  await using server = await startTestServer();
  await server.ask("POST", crews, { body: crew(1) });
  const put = async (path: string, change: (object: Loose) => void): Promise<number> => {
    const object = await server.ask("GET", `${crews}/web`);
    change(object);
    return (await server.ask("PUT", path, { body: object })).metadata.generation;
  };
  equal(await put(`${crews}/web`, (d) => (d.spec.size = 3)), 2);
  equal(await put(`${crews}/web`, (d) => (d.metadata.annotations = { a: "b" })), 2);
  equal(await put(`${crews}/web/status`, (d) => (d.status.size = 3)), 2);
});

test("the object keeps its status, and status the object", async () => {
  await using server = await startTestServer();
  await server.ask("POST", crews, { body: crew(1) });
  const object = await server.ask("GET", `${crews}/web`);
  object.status = { size: 7 };
  object.spec.size = 9;
  object.metadata.annotations = { note: "hello" };
  const inStatus = await server.ask("PUT", `${crews}/web/status`, { body: object });
  deepEqual([inStatus.spec.size, inStatus.status.size], [1, 7]);
  equal(inStatus.metadata.annotations.note, "hello");
  const changed = { ...inStatus, spec: { ...inStatus.spec, size: 2 }, status: { size: 0 } };
  const whole = await server.ask("PUT", `${crews}/web`, { body: changed });
  deepEqual([whole.spec.size, whole.status.size], [2, 7]);
});

test("what an update may not change is told field by field", async () => {
  await using server = await startTestServer();
  await server.ask("POST", crews, { body: crew(1) });
  const object = await server.ask("GET", `${crews}/web`);
  object.spec.leader = "bob";
  const status = await server.refused("PUT", `${crews}/web`, { body: object });
  equal(status.code, 422);
  deepEqual(
    status.details?.causes?.map(({ field }) => field),
    ["spec.leader"],
  );
});

test("a kind may demand to be told what a PUT is based on", async () => {
  await using server = await startTestServer();
  await server.ask("POST", crews, { body: crew(1) });
  const status = await server.refused("PUT", `${crews}/web`, { body: crew(2) });
  equal(status.code, 422);
  equal(
    status.message,
    'Crew.test.k8ts.io "web" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update',
  );
});

test("writers that do not say what they are based on all get through", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  const puts = Array.from({ length: 20 }, (_, i) =>
    server.send("PUT", `${maps}/a`, { body: configMap("a", { i: String(i) }) }),
  );
  deepEqual([...new Set((await Promise.all(puts)).map(({ status }) => status))], [200]);
});

test("the registry's own edits see the newest state and may share what they keep", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", { n: "0" }) });
  const how = {
    user: { name: "test", groups: [] },
    fieldManager: "test",
    dryRun: false,
    warnings: [],
    waiting: new AbortController(),
  };
  const increment = (): Promise<unknown> =>
    server.registry.change(
      ConfigMap,
      {
        namespace: "default",
        name: "a",
        edit: (current) => ({
          ...current,
          data: { n: String(Number(current.data?.["n"]) + 1) },
        }),
      },
      how,
    );
  await Promise.all(Array.from({ length: 10 }, increment));
  equal((await server.ask("GET", `${maps}/a`)).data.n, "10");
});

test("revision 0 is no revision: whatever is there is replaced", async () => {
  await using server = await startTestServer();
  const body = (x: string) => configMap("a", { x }, { resourceVersion: "0" });
  equal((await server.send("POST", maps, { body: body("1") })).status, 201);
  equal((await server.ask("PUT", `${maps}/a`, { body: body("2") })).data.x, "2");
  const small = { metadata: { name: "c", resourceVersion: "0" } };
  await server.ask("POST", crews, { body: small });
  const refused = await server.refused("PUT", `${crews}/c`, { body: small });
  match(refused.message ?? "", /must be specified for an update/);
});
