import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { test } from "node:test";
import type { AnyKind } from "#api/kind.ts";
import { ConfigMap } from "#api/core/configmap.ts";
import { Pod } from "#api/core/pod.ts";
import { invalid } from "#schema/field-error.ts";
import { defineAdmission, refused } from "../admission/admission.ts";
import type { Draft } from "#schema/struct.ts";
import { bodyOf, configMap, type Loose, startTestServer } from "../testing.ts";

const maps = "/api/v1/namespaces/default/configmaps";

test("a new object gets a uid, a time, a revision and its namespace", async () => {
  await using server = await startTestServer();
  const response = await server.send("POST", maps, { body: configMap("a", { x: "1" }) });
  equal(response.status, 201);
  const { metadata, data } = bodyOf(response);
  match(metadata.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  equal(metadata.creationTimestamp, "2026-01-01T00:00:00Z");
  equal(metadata.resourceVersion, String(server.store.revision()));
  equal(metadata.namespace, "default");
  deepEqual(data, { x: "1" });
});

test("what is read is what was answered, byte for byte", async () => {
  await using server = await startTestServer();
  const created = await server.send("POST", maps, { body: configMap("a", { x: "1" }) });
  const read = await server.send("GET", `${maps}/a`);
  deepEqual(bodyOf(read), bodyOf(created));
  equal(
    created.body.is === "object" && created.body.sealed,
    read.body.is === "object" && read.body.sealed,
  );
});

test("the system's own metadata cannot be chosen", async () => {
  await using server = await startTestServer();
  const asked = {
    uid: "mine",
    creationTimestamp: "2020-01-01T00:00:00Z",
    deletionTimestamp: "2020-01-01T00:00:00Z",
    deletionGracePeriodSeconds: 5,
    generation: 9,
    selfLink: "/x",
  };
  const { metadata } = await server.ask("POST", maps, { body: configMap("a", {}, asked) });
  notEqual(metadata.uid, "mine");
  equal(metadata.creationTimestamp, "2026-01-01T00:00:00Z");
  for (const gone of [
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
  ]) {
    equal(metadata[gone], undefined, gone);
  }
});

test("what exists is not created again", async () => {
  await using server = await startTestServer();
  await server.ask("POST", maps, { body: configMap("a") });
  const status = await server.refused("POST", maps, { body: configMap("a") });
  deepEqual([status.code, status.reason], [409, "AlreadyExists"]);
  equal(status.message, 'configmaps "a" already exists');
});

test("of two creations at the same moment one wins", async () => {
  await using server = await startTestServer();
  const answers = await Promise.all(
    ["1", "2"].map((x) => server.send("POST", maps, { body: configMap("a", { x }) })),
  );
  deepEqual(new Set(answers.map(({ status }) => status)), new Set([201, 409]));
});

test("a generated name starts with its prefix", async () => {
  await using server = await startTestServer();
  const generated = { ...configMap(""), metadata: { generateName: "web-" } };
  const names = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const { metadata } = await server.ask("POST", maps, { body: generated });
    match(metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    names.add(metadata.name);
  }
  equal(names.size, 20);
});

test("a generated name that is taken is made anew, and the kind sees the one that it gets", async () => {
  const shouting: AnyKind = {
    ...ConfigMap,
    prepareForCreate: (draft: Draft<ConfigMap>) => {
      draft.metadata.labels = { "named-after": draft.metadata.name ?? "" };
    },
  };
  const generated = { metadata: { generateName: "web-" } };
  // Seeded: two servers that are asked the same draw the same names.
  const second = async (first: string): Promise<Loose> => {
    await using server = await startTestServer({ kinds: [shouting] });
    await server.ask("POST", maps, { body: configMap(first) });
    return server.ask("POST", maps, { body: generated });
  };
  const { name } = (await second("other")).metadata;
  const { metadata } = await second(name);
  notEqual(metadata.name, name);
  deepEqual(metadata.labels, { "named-after": metadata.name });
});

test("a long prefix is cut so that the name fits", async () => {
  await using server = await startTestServer();
  const metadata = { generateName: "a".repeat(80) };
  const created = await server.ask("POST", maps, { body: { ...configMap(""), metadata } });
  equal(created.metadata.name.length, 63);
});

const bad: readonly [name: string, body: object | string, code: number, says: RegExp][] = [
  [
    "no name at all",
    configMap(""),
    422,
    /metadata.name: Required value: name or generateName is required/,
  ],
  ["an invalid name", configMap("A_b"), 422, /metadata.name: Invalid value: "A_b"/],
  ["an invalid label", configMap("a", {}, { labels: { "a b": "c" } }), 422, /metadata.labels/],
  [
    "another namespace",
    configMap("a", {}, { namespace: "other" }),
    400,
    /does not match the namespace sent on the request/,
  ],
  [
    "a resourceVersion",
    configMap("a", {}, { resourceVersion: "5" }),
    400,
    /resourceVersion should not be set on objects to be created/,
  ],
  [
    "another kind",
    { kind: "Pod", apiVersion: "v1", metadata: { name: "a" } },
    400,
    /^Pod in version "v1" cannot be handled as a ConfigMap/,
  ],
  [
    "another version",
    { ...configMap("a"), apiVersion: "v2" },
    400,
    /no kind "ConfigMap" is registered for version "v2"/,
  ],
  [
    "a wrong type",
    { ...configMap("a"), data: { x: 1 } },
    400,
    /cannot unmarshal number into Go struct field/,
  ],
  ["no JSON", "{", 400, /the object provided is unrecognized \(must be of type ConfigMap\)/],
  ["nothing", "", 400, /the object provided is unrecognized/],
  ["a list", "[]", 400, /json: cannot unmarshal array into Go value/],
  [
    "far too deep",
    `{"metadata":{"name":"a"},"data":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`,
    400,
    /./,
  ],
];

for (const [name, body, code, says] of bad) {
  test(`refused: ${name}`, async () => {
    await using server = await startTestServer();
    const before = server.store.revision();
    const status = await server.refused("POST", maps, { body });
    equal(status.code, code, status.message ?? "");
    match(status.message ?? "", says);
    equal(server.store.revision(), before, "something was written");
  });
}

test("unknown and repeated fields are refused, warned of or ignored, as asked", async () => {
  await using server = await startTestServer();
  const body = '{"metadata":{"name":"a"},"dat":{},"data":{"x":"1","x":"2"}}';
  const status = await server.refused("POST", `${maps}?fieldValidation=Strict`, { body });
  equal(status.code, 400);
  equal(
    status.message,
    'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.x", unknown field "dat"',
  );
  const ignored = await server.send("POST", `${maps}?fieldValidation=Ignore&dryRun=All`, { body });
  equal(ignored.headers?.["warning"], undefined);
  const warned = await server.send("POST", maps, { body });
  equal(warned.status, 201);
  equal(
    warned.headers?.["warning"],
    String.raw`299 - "duplicate field \"data.x\"", 299 - "unknown field \"dat\""`,
  );
});

test("wrong options are Invalid", async () => {
  await using server = await startTestServer();
  const status = await server.refused("POST", `${maps}?dryRun=maybe&fieldValidation=Loose`, {
    body: configMap("a"),
  });
  deepEqual([status.code, status.reason], [422, "Invalid"]);
  match(
    status.message ?? "",
    /^CreateOptions.meta.k8s.io "" is invalid: \[dryRun: Unsupported value/,
  );
  deepEqual(
    status.details?.causes?.map(({ field }) => field),
    ["dryRun", "fieldValidation"],
  );
});

test("YAML and unknown media types", async () => {
  await using server = await startTestServer();
  const body = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: yam}\ndata:\n  x: 'yes'\n";
  const created = await server.ask("POST", maps, { body, type: "application/yaml" });
  deepEqual(created.data, { x: "yes" });
  const status = await server.refused("POST", maps, { body, type: "text/plain" });
  equal(status.code, 415);
  match(status.message ?? "", /accepted media types include: application\/json, application\/yaml/);
});

test("a dry run answers as the real one would, and writes nothing", async () => {
  await using server = await startTestServer();
  const before = server.store.revision();
  const response = await server.send("POST", `${maps}?dryRun=All`, { body: configMap("a") });
  equal(response.status, 201);
  equal(bodyOf(response).metadata.resourceVersion, undefined);
  equal(server.store.revision(), before);
  await server.ask("POST", maps, { body: configMap("a") });
  equal((await server.refused("POST", `${maps}?dryRun=All`, { body: configMap("a") })).code, 409);
});

test("status is reset, generation starts at 1", async () => {
  await using server = await startTestServer();
  const body = { metadata: { name: "c" }, spec: { size: 2 }, status: { phase: "Busy", size: 5 } };
  const created = await server.ask("POST", "/apis/test.k8ts.io/v1/namespaces/default/crews", {
    body,
  });
  equal(created.metadata.generation, 1);
  deepEqual(created.status, {});
  deepEqual(created.spec, { size: 2 });
});

const stamp = defineAdmission<ConfigMap>({
  name: "Stamp",
  on: [ConfigMap as AnyKind],
  when: ["CREATE"],
  mutate: (draft, { user }) => {
    draft.data = { ...draft.data, by: user.name };
  },
  *validate(object) {
    if (object.data?.["bad"]) yield invalid("data[bad]", object.data["bad"], "must not be there");
  },
});

const veto = defineAdmission<ConfigMap>({
  name: "Veto",
  when: ["CREATE"],
  validate: (object, request) => {
    if (object.metadata.name === "no") throw refused(request, "not this one");
  },
});

test("admission edits before validation, and refuses after it", async () => {
  await using server = await startTestServer({ admission: [stamp, veto] });
  deepEqual((await server.ask("POST", maps, { body: configMap("a") })).data, { by: "admin" });
  const invalidOne = await server.refused("POST", maps, { body: configMap("b", { bad: "x" }) });
  equal(invalidOne.code, 422);
  const vetoed = await server.refused("POST", maps, { body: configMap("no") });
  equal(vetoed.code, 403);
  equal(vetoed.message, 'configmaps "no" is forbidden: not this one');
});

test("what an object claims beside its own key is written with it, or not at all", async () => {
  let next = 0;
  const numbers = defineAdmission<ConfigMap>({
    name: "Numbers",
    when: ["CREATE"],
    claim: (draft) => {
      const number = String(next++ % 3);
      draft.data = { number };
      return [{ key: `/claims/${number}`, value: Buffer.from(draft.metadata.name ?? "") }];
    },
  });
  await using server = await startTestServer({ admission: [numbers] });
  const taken = async (name: string): Promise<string> =>
    (await server.ask("POST", maps, { body: configMap(name) })).data.number;
  equal(await taken("a"), "0");
  next = 0;
  equal(await taken("b"), "1", "0 is taken, so the next one is tried");
  equal(await taken("c"), "2");
  const status = await server.refused("POST", maps, { body: configMap("d") });
  equal(status.reason, "Conflict");
  equal((await server.send("GET", `${maps}/d`)).status, 404);
  equal(Buffer.from((await server.store.get("/claims/1"))?.value ?? []).toString(), "b");
});

test("pods are decoded with their defaults", async () => {
  await using server = await startTestServer();
  const body = { metadata: { name: "p" }, spec: { containers: [{ name: "c", image: "i" }] } };
  const pod = await server.ask("POST", "/api/v1/namespaces/default/pods", { body });
  equal(pod.spec.restartPolicy, "Always");
  equal(pod.kind, Pod.kind);
});
