import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { applyDefaults } from "#schema/defaults.ts";
import { DecodeError, decodeJson } from "#schema/json.ts";
import { depthMax } from "#schema/limits.ts";
import { inOrder } from "#schema/order.ts";
import { compare, mergeApplied } from "#schema/structural.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { isValidFormat } from "./formats.ts";
import type { OpenSchema } from "./open-schema.ts";
import { patternOf } from "./pattern.ts";
import { publishedV2 } from "./publish.ts";
import { openErrors } from "./validate.ts";

const spec: OpenSchema = {
  type: "object",
  properties: {
    size: { type: "integer", default: 1 },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    inner: { type: "object", default: {}, properties: { deep: { type: "string", default: "x" } } },
  },
};
const open: OpenSchema = { type: "object", properties: { spec } };
const Thing = s.struct("com.example.v1.Thing", typeMeta, { open, noProto: true });

const decode = (json: object, defaults = false) => decodeJson(Thing, json, { defaults });

test("what the schema does not know is pruned and told, what was sent stays as it was", () => {
  const { value, problems } = decode({
    spec: { size: 0, free: { b: null, a: [] }, other: 1 },
    more: { x: 1 },
    kind: "Thing",
  });
  equal(JSON.stringify(value), '{"kind":"Thing","spec":{"free":{"a":[],"b":null},"size":0}}');
  deepEqual(problems, ['unknown field "spec.other"', 'unknown field "more"']);
});

test("a key like __proto__ is a key like any other", () => {
  const json = JSON.parse('{"spec":{"free":{"__proto__":{"a":1}}}}') as object;
  equal(JSON.stringify(decode(json).value), '{"spec":{"free":{"__proto__":{"a":1}}}}');
});

test("nothing nests deeper than every walker can follow", () => {
  let nested: object = {};
  for (let i = 0; i <= depthMax; i++) nested = { a: nested };
  throws(() => decode({ spec: { free: nested } }), DecodeError);
});

test("defaults have defaults of their own, and what they bring stands in order", () => {
  const draft = applyDefaults(Thing, { spec: {} } as never);
  equal(JSON.stringify(draft), '{"spec":{"inner":{"deep":"x"},"size":1}}');
});

test("an edited object is put in order again", () => {
  const draft = { spec: { size: 1, free: { b: 1, a: { d: 1, c: undefined } } }, kind: "Thing" };
  equal(
    JSON.stringify(inOrder(Thing, draft as never)),
    '{"kind":"Thing","spec":{"free":{"a":{"d":1},"b":1},"size":1}}',
  );
});

test("free values are merged key by key", () => {
  const live = { spec: { free: { a: 1, b: { c: 2 } } } };
  const merged = mergeApplied(Thing, live, { spec: { free: { b: { d: 3 } } } });
  deepEqual(merged, { spec: { free: { a: 1, b: { c: 2, d: 3 } } } });
  const { added, modified } = compare(Thing, live, merged);
  deepEqual(added.toJson(), { "f:spec": { "f:free": { "f:b": { "f:d": {} } } } });
  equal(modified.isEmpty, true);
});

test("rules from outside are asked about every value, with what it was before", () => {
  const asked: string[] = [];
  const value = { spec: { size: 2, inner: { deep: "x" } } };
  const old = { spec: { size: 1, inner: { deep: "x" } } };
  const errors = openErrors(open, { value, old, at: "" }, (_schema, judged) => {
    asked.push(`${judged.at}: ${JSON.stringify(judged.old)}`);
    return [];
  });
  deepEqual([...errors], []);
  deepEqual(asked, [
    "spec.size: 1",
    `spec: ${JSON.stringify(old.spec)}`,
    `: ${JSON.stringify(old)}`,
  ]);
});

const formats: readonly [format: string, good: string, bad: string][] = [
  ["date", "2024-02-29", "2023-02-29"],
  ["date-time", "2024-01-01T00:00:00Z", "2024-01-01"],
  ["duration", "1h30m", "soon"],
  ["byte", "YWJj", "a"],
  ["ipv4", "1.2.3.4", "::1"],
  ["ipv6", "::1", "1.2.3.4"],
  ["cidr", "10.0.0.0/8", "10.0.0.0"],
  ["mac", "01:23:45:67:89:ab", "01:23"],
  ["uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"],
  ["uuid4", "123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"],
  ["hostname", "a.example.com", "a b"],
  ["email", "a@example.com", "a"],
  ["uri", "https://example.com/", "a b"],
  ["isbn10", "0306406152", "0306406153"],
  ["isbn13", "9780306406157", "9780306406158"],
  ["creditcard", "4111 1111 1111 1111", "4111 1111 1111 1112"],
  ["hexcolor", "#a1b2c3", "#a1"],
  ["rgbcolor", "rgb(1, 2, 255)", "rgb(1, 2, 256)"],
  ["k8s-short-name", "a-b", "A"],
];

for (const [format, good, bad] of formats) {
  test(`a string of format ${format} is told from others`, () => {
    deepEqual([isValidFormat(format, good), isValidFormat(format, bad)], [true, false]);
  });
}

test("a format that nobody knows says nothing", () => {
  equal(isValidFormat("color", "anything"), true);
});

test("patterns are read as Go reads them", () => {
  equal(patternOf("(?i)^ab$")?.test("AB"), true);
  equal(patternOf("^[[:alpha:]]+\\z")?.test("ab"), true);
  equal(patternOf("^(?P<x>a)$")?.test("a"), true);
  equal(patternOf("(")?.test("a"), undefined);
});

test("the second OpenAPI says less", () => {
  const schema: OpenSchema = {
    type: "object",
    properties: {
      a: { type: "string", nullable: true },
      b: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
      c: { type: "array", items: { type: "string", default: "x" } },
      d: { type: "object", "x-kubernetes-preserve-unknown-fields": true, required: ["x"] },
    },
    oneOf: [{ required: ["a"] }],
  };
  deepEqual(publishedV2(schema), {
    type: "object",
    properties: {
      a: {},
      b: { "x-kubernetes-int-or-string": true },
      c: { type: "array", items: { type: "string" } },
      d: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
  });
});
