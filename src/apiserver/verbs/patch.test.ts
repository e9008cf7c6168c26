import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { configMap, type Loose, startTestServer, type TestServer } from "../testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";

const merge = "application/merge-patch+json";
const json = "application/json-patch+json";
const strategic = "application/strategic-merge-patch+json";

const patchMap = (server: TestServer, body: object | string, type: string): Promise<Loose> =>
  server.ask("PATCH", `${maps}/a`, { body, type });

test("a JSON patch is a list of operations", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  const operations = [
    { op: "test", path: "/data/x", value: "1" },
    { op: "add", path: "/data/y", value: "2" },
    { op: "remove", path: "/data/x" },
  ];
  deepEqual((await patchMap(server, operations, json)).data, { y: "2" });
});

test("a merge patch removes what it says is null", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a", { x: "1", y: "2" }) });
  const patched = await patchMap(server, { data: { x: null, z: "3" } }, merge);
  deepEqual(patched.data, { y: "2", z: "3" });
});

test("a strategic merge patch merges lists by their keys", async () => {
  await using server = await startTestServer();
  const containers = [
    { name: "a", image: "a:1" },
    { name: "b", image: "b:1" },
  ];
  await server.ask("POST", pods, { body: { metadata: { name: "p" }, spec: { containers } } });
  const body = { spec: { containers: [{ name: "b", image: "b:2" }] } };
  const patched = await server.ask("PATCH", `${pods}/p`, { body, type: strategic });
  deepEqual(
    patched.spec.containers.map(({ image }: Loose) => image),
    ["a:1", "b:2"],
  );
});

test("patches of a list by the same client come in the same order", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  const patches = Array.from({ length: 10 }, (_, i) =>
    patchMap(server, { data: { [`k${i}`]: String(i) } }, merge),
  );
  await Promise.all(patches);
  equal(Object.keys((await server.ask("GET", `${maps}/a`)).data).length, 10);
});

test("a patch that changes nothing is no write", async () => {
  await using server = await startTestServer();
  const before = await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
  server.clock.advance(1_000);
  deepEqual(await patchMap(server, { data: { x: "1" } }, merge), before);
});

test("a patch may say which revision it is for", async () => {
  await using server = await startTestServer();
  const { metadata } = await server.ask("POST", maps, { body: configMap("a") });
  const to = (resourceVersion: string): object => ({
    metadata: { resourceVersion },
    data: { x: "1" },
  });
  const stale = await server.refused("PATCH", `${maps}/a`, { body: to("1"), type: merge });
  equal(stale.reason, "Conflict");
  deepEqual((await patchMap(server, to(metadata.resourceVersion), merge)).data, { x: "1" });
});

const bad: readonly [
  name: string,
  type: string,
  body: object | string,
  code: number,
  says: RegExp,
][] = [
  [
    "of no known language",
    "application/json",
    {},
    415,
    /accepted media types include: application\/json-patch\+json/,
  ],
  ["that is no JSON", merge, "{", 400, /error decoding patch/],
  ["that is no list", json, {}, 400, /error decoding patch/],
  ["that is no object", strategic, "[]", 400, /json: cannot unmarshal array into Go value/],
  [
    "that does not apply",
    json,
    [{ op: "remove", path: "/data/nope" }],
    422,
    /^the server rejected our request due to an error in our request$/,
  ],
  ["whose test fails", json, [{ op: "test", path: "/kind", value: "Pod" }], 422, /./],
  [
    "with a wrong type",
    merge,
    { data: { x: 1 } },
    422,
    / "" is invalid: patch: Invalid value: .*cannot unmarshal number/,
  ],
  [
    "of the name",
    merge,
    { metadata: { name: "b" } },
    400,
    /the name of the object \(b\) does not match the name on the URL \(a\)/,
  ],
  ["of the namespace", merge, { metadata: { namespace: "b" } }, 400, /namespace/],
  [
    "of the uid",
    merge,
    { metadata: { uid: "b" } },
    409,
    /Precondition failed: UID in precondition: b/,
  ],
  ["to something invalid", merge, { metadata: { labels: { "a b": "c" } } }, 422, /metadata.labels/],
];

for (const [name, type, body, code, says] of bad) {
  test(`a patch is refused ${name}`, async () => {
    await using server = await startTestServer();
    await server.ask("POST", maps, { body: configMap("a", { x: "1" }) });
    const before = server.store.revision();
    const status = await server.refused("PATCH", `${maps}/a`, { body, type });
    equal(status.code, code, status.message ?? "");
    match(status.message ?? "", says);
    equal(server.store.revision(), before);
  });
}

test("a JSON patch has a bounded number of operations", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  const body = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "x" }));
  const status = await server.refused("PATCH", `${maps}/a`, { body, type: json });
  equal(status.code, 413);
  match(status.message ?? "", /The allowed maximum operations in a JSON patch is 10000, got 10001/);
});

test("unknown fields in a patch are refused or warned of", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  const call = { body: { dat: {} }, type: merge };
  const strict = await server.refused("PATCH", `${maps}/a?fieldValidation=Strict`, call);
  match(strict.message ?? "", /strict decoding error: unknown field \\?"dat\\?"/);
  const warned = await server.send("PATCH", `${maps}/a`, call);
  equal(warned.headers?.["warning"], String.raw`299 - "unknown field \"dat\""`);
});

test("what is not there cannot be patched", async () => {
  await using server = await startTestServer();
  equal((await server.refused("PATCH", `${maps}/a`, { body: {}, type: merge })).code, 404);
});

test("force is for apply only, and apply needs a manager", async () => {
  await using server = await startTestServer();
  const forced = await server.refused("PATCH", `${maps}/a?force=true`, { body: {}, type: merge });
  equal(
    forced.message,
    'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
  );
  const apply = { body: configMap("a"), type: "application/apply-patch+yaml" };
  const nameless = await server.refused("PATCH", `${maps}/a`, apply);
  equal(
    nameless.message,
    'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
  );
});
