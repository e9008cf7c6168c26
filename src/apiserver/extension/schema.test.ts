import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Loose, TestServer } from "../testing.ts";
import {
  crontab,
  crontabs,
  define,
  definition,
  definitions,
  startCustomServer,
  version,
} from "./testing.ts";

const apply = "application/apply-patch+yaml";
const object = (properties: object, more: object = {}): object => ({
  type: "object",
  properties,
  ...more,
});

const serverOf = async (properties: object): Promise<TestServer> => {
  const server = await startCustomServer();
  await define(server, definition([version(object(properties))]));
  return server;
};

const create = async (server: TestServer, spec: unknown): Promise<Loose> =>
  (await server.ask("POST", crontabs, { body: crontab(spec) })).spec;

const causes = async (server: TestServer, spec: unknown): Promise<unknown> => {
  const { details } = await server.refused("POST", crontabs, { body: crontab(spec) });
  return details?.causes?.map(({ field, message }) => `${field}: ${message}`);
};

test("null is kept where it may be, and gives way to a default or to nothing elsewhere", async () => {
  await using server = await serverOf({
    a: { type: "string", nullable: true, default: "x" },
    b: { type: "string", default: "y" },
    c: { type: "string" },
  });
  deepEqual(await create(server, { a: null, b: null, c: null }), { a: null, b: "y" });
});

test("unknown fields are kept where the schema says so, and pruned again below", async () => {
  await using server = await serverOf({
    free: {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: { known: object({}) },
    },
    template: {
      type: "object",
      "x-kubernetes-embedded-resource": true,
      properties: { spec: object({ a: { type: "integer" } }) },
    },
    map: { type: "object", additionalProperties: object({ a: { type: "string" } }) },
  });
  const spec = {
    free: { z: { y: [null, 0] }, known: { gone: 1 } },
    template: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a" },
      spec: { a: 1, b: 2 },
      c: 3,
    },
    map: { one: { a: "", b: "" } },
  };
  deepEqual(await create(server, spec), {
    free: { known: {}, z: { y: [null, 0] } },
    map: { one: { a: "" } },
    template: { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: { a: 1 } },
  });
  deepEqual(await causes(server, { template: { kind: "Pod" } }), [
    "spec.template.apiVersion: Required value: must not be empty",
  ]);
});

test("every sort of rule is told with its path", async () => {
  await using server = await serverOf({
    port: { "x-kubernetes-int-or-string": true },
    name: { type: "string", minLength: 2, maxLength: 3 },
    ip: { type: "string", format: "ipv4" },
    mode: { type: "string", enum: ["b", "a"] },
    ratio: { type: "number", minimum: 0, exclusiveMinimum: true, multipleOf: 0.5 },
    tags: {
      type: "array",
      items: { type: "string" },
      maxItems: 1,
      "x-kubernetes-list-type": "set",
    },
    map: { type: "object", minProperties: 2, additionalProperties: { type: "integer" } },
    list: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["id"],
      items: object({ id: { type: "integer" }, v: { type: "boolean" } }, { required: ["id"] }),
    },
    either: {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "string" } },
      oneOf: [{ required: ["a"] }, { required: ["b"] }],
    },
  });
  const bad = {
    port: true,
    name: "x",
    ip: "1.2.3",
    mode: "c",
    ratio: 0,
    tags: ["a", "a"],
    map: { "a.b": "1" },
    list: [{ id: 1, v: 1 }, { id: 1 }],
    either: {},
  };
  deepEqual(await causes(server, bad), [
    '<nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found none valid',
    "spec.either.a: Required value",
    'spec.ip: Invalid value: "1.2.3": spec.ip in body must be of type ipv4: "1.2.3"',
    'spec.list[1]: Duplicate value: {"id":1}',
    'spec.list[0].v: Invalid value: "integer": spec.list[0].v in body must be of type boolean: "integer"',
    'spec.map: Invalid value: {"a.b":"1"}: spec.map in body should have at least 2 properties',
    'spec.map.a.b: Invalid value: "string": spec.map.a.b in body must be of type integer: "string"',
    'spec.mode: Unsupported value: "c": supported values: "b", "a"',
    'spec.name: Invalid value: "x": spec.name in body should be at least 2 chars long',
    'spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
    "spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0",
    "spec.tags: Too many: 2: must have at most 1 items",
    'spec.tags[1]: Duplicate value: "a"',
  ]);
  const good = {
    port: "http",
    name: "xy",
    ip: "1.2.3.4",
    mode: "a",
    ratio: 1.5,
    tags: ["a"],
    map: { a: 1, b: 2 },
    list: [{ id: 1 }],
    either: { a: "" },
  };
  deepEqual(await create(server, good), good);
});

test("what did not change is not judged again when the schema became stricter", async () => {
  await using server = await serverOf({ a: { type: "string" }, b: { type: "string" } });
  await create(server, { a: "old", b: "1" });
  const pattern = "^new$";
  const stricter = version(
    object({ a: { type: "string", pattern }, b: { type: "string", pattern } }),
  );
  const watch = await server.watch(`${crontabs}?watch=true`);
  await watch.take(1);
  await server.ask("PATCH", `${definitions}/crontabs.stable.example.com`, {
    type: "application/merge-patch+json",
    body: { spec: { versions: [stricter] } },
  });
  equal(await watch.next(), undefined);
  const type = "application/merge-patch+json";
  const path = `${crontabs}/mine`;
  const changed = await server.ask("PATCH", path, { type, body: { spec: { b: "new" } } });
  deepEqual(changed.spec, { a: "old", b: "new" });
  equal((await server.refused("PATCH", path, { type, body: { spec: { a: "x" } } })).code, 422);
});

test("appliers share lists by their keys, and unknown fields are no part of an apply", async () => {
  await using server = await serverOf({
    list: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["id"],
      items: object({ id: { type: "string" }, v: { type: "integer" } }, { required: ["id"] }),
    },
    atomic: { type: "array", items: { type: "string" } },
  });
  const applied = (manager: string, spec: object): Promise<Loose> =>
    server.ask("PATCH", `${crontabs}/mine?fieldManager=${manager}`, {
      type: apply,
      body: crontab(spec),
    });
  await applied("one", { list: [{ id: "a", v: 1 }], atomic: ["x"] });
  const both = await applied("two", { list: [{ id: "b", v: 2 }] });
  deepEqual(both.spec.list, [
    { id: "a", v: 1 },
    { id: "b", v: 2 },
  ]);
  deepEqual((await applied("one", { list: [] })).spec, { list: [{ id: "b", v: 2 }] });
  const path = `${crontabs}/mine?fieldManager=three`;
  const taking = crontab({ list: [{ id: "b", v: 3 }] });
  const { code, details } = await server.refused("PATCH", path, { type: apply, body: taking });
  equal(code, 409);
  deepEqual(
    details?.causes?.map(({ field }) => field),
    ['.spec.list[id="b"].v'],
  );
  const { message } = await server.refused("PATCH", path, { type: apply, body: crontab({ x: 1 }) });
  equal(
    message,
    "failed to create typed patch object (/mine; stable.example.com/v1, Kind=CronTab): .spec.x: field not declared in schema",
  );
});

test("strategic patches and protobuf are refused", async () => {
  await using server = await serverOf({ a: { type: "string" } });
  await create(server, { a: "b" });
  const type = "application/strategic-merge-patch+json";
  equal((await server.refused("PATCH", `${crontabs}/mine`, { type, body: {} })).code, 415);
  const protobuf = "application/vnd.kubernetes.protobuf";
  const headers = { accept: protobuf };
  equal((await server.refused("GET", `${crontabs}/mine`, { headers })).code, 406);
  const either = { accept: `${protobuf},application/json` };
  equal((await server.ask("GET", `${crontabs}/mine`, { headers: either })).spec.a, "b");
});

test("schemas are published with what every object has", async () => {
  await using server = await serverOf({
    a: { type: "string", description: "A letter.", default: "a" },
    port: { "x-kubernetes-int-or-string": true },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  });
  const path = "/openapi/v3/apis/stable.example.com/v1";
  const third = await server.ask("GET", path);
  const { CronTab } = Object.fromEntries(
    Object.entries<Loose>(third.components.schemas).map(([name, one]) => [
      name.split(".").at(-1),
      one,
    ]),
  );
  deepEqual(Object.keys(CronTab.properties).toSorted(), ["apiVersion", "kind", "metadata", "spec"]);
  deepEqual(CronTab.properties.spec.properties.a, {
    default: "a",
    description: "A letter.",
    type: "string",
  });
  deepEqual(CronTab["x-kubernetes-group-version-kind"], [
    { group: "stable.example.com", version: "v1", kind: "CronTab" },
  ]);
  const second = await server.ask("GET", "/openapi/v2");
  const v2 = second.definitions["com.example.stable.v1.CronTab"];
  deepEqual(v2.properties.spec.properties, {
    a: { description: "A letter.", type: "string" },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    port: { "x-kubernetes-int-or-string": true },
  });
  const index = async (): Promise<string> =>
    (await server.ask("GET", "/openapi/v3")).paths["apis/stable.example.com/v1"].serverRelativeURL;
  const before = await index();
  const watch = await server.watch(`${crontabs}?watch=true`);
  const change = { spec: { versions: [version(object({ b: { type: "string" } }))] } };
  await server.ask("PATCH", `${definitions}/crontabs.stable.example.com`, {
    type: "application/merge-patch+json",
    body: change,
  });
  await watch.next();
  equal((await index()) === before, false);
});

test("definitions whose schema is not structural are refused", async () => {
  await using server = await startCustomServer();
  const refused = async (spec: object, more = {}): Promise<readonly string[] | undefined> => {
    const body = definition([version(spec, more)]);
    const { details } = await server.refused("POST", definitions, { body });
    return details?.causes?.map(({ field, message }) => `${field}: ${message}`);
  };
  const at = "spec.validation.openAPIV3Schema.properties[spec]";
  deepEqual(await refused(object({ a: {} })), [
    `${at}.properties[a].type: Required value: must not be empty for specified object fields`,
  ]);
  deepEqual(await refused(object({}, { anyOf: [{ properties: { b: { type: "string" } } }] })), [
    `${at}.anyOf[0].properties[b].type: Forbidden: must be empty to be structural`,
  ]);
  const root = "spec.validation.openAPIV3Schema";
  const openAPIV3Schema = object({}, { anyOf: [{ properties: { b: {} } }] });
  deepEqual(await refused(object({}), { schema: { openAPIV3Schema } }), [
    `${root}.properties[b]: Required value: because it is defined in ${root}.anyOf[0].properties[b]`,
  ]);
  deepEqual(await refused(object({ a: { type: "integer", default: "x" } })), [
    `${at}.properties[a].default: Invalid value: "string": ${at}.properties[a].default in body must be of type integer: "string"`,
  ]);
  deepEqual(
    await refused(
      object({ a: { type: "array", "x-kubernetes-list-type": "map", items: object({}) } }),
    ),
    [
      `${at}.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
    ],
  );
});
