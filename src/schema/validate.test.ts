import { deepEqual } from "node:assert/strict";
import { describe, test } from "node:test";
import { child, invalid } from "./field-error.ts";
import { decodeJson } from "./json.ts";
import { type AnyStruct, s } from "./struct.ts";
import { Deployment, JSONSchemaProps, Pod } from "./testing.ts";
import { validateStruct } from "./validate.ts";

const errorsOf = (struct: AnyStruct, json: unknown, at?: string): readonly string[] => {
  const { value } = decodeJson(struct, json, { defaults: false });
  return [...validateStruct(struct, value, at)].map(({ path, message }) => `${path}: ${message}`);
};

const Positive = s.struct(
  "test/v1.Positive",
  { n: s.int32(1, { required: true }) },
  {
    *validate({ n }, at) {
      if (n <= 0) yield invalid(child(at, "n"), n, "must be greater than 0");
    },
  },
);

const Holder = s.struct(
  "test/v1.Holder",
  {
    inlined: s.inline(1, Positive),
    maybe: s.object(2, Positive, { optional: true }),
    list: s.list(3, Positive),
    map: s.map(4, Positive),
    colour: s.oneOf(5, ["red", "green"], { required: true }),
    colours: s.list(6, { oneOf: ["red", "green"] }),
    shade: s.oneOf(8, ["dark", "bright"], { optional: true }),
    byName: s.map(7, { oneOf: ["red"] }),
  },
  {
    *validate({ list = [] }, at) {
      if (list.length > 1) yield invalid(child(at, "list"), list.length, "too long");
    },
  },
);

describe("validation", () => {
  test("yields all of it: in field order, the struct's own rules last", () => {
    const json = {
      n: 0,
      maybe: { n: -1 },
      list: [{ n: 1 }, { n: 0 }],
      map: { a: { n: 0 } },
      colour: "blue",
      colours: ["red", "blue"],
      byName: { x: "blue" },
    };
    deepEqual(errorsOf(Holder, json), [
      "maybe.n: Invalid value: -1: must be greater than 0",
      "list[1].n: Invalid value: 0: must be greater than 0",
      "map[a].n: Invalid value: 0: must be greater than 0",
      'colour: Unsupported value: "blue": supported values: "red", "green"',
      'colours[1]: Unsupported value: "blue": supported values: "red", "green"',
      'byName[x]: Unsupported value: "blue": supported values: "red"',
      "n: Invalid value: 0: must be greater than 0",
      "list: Invalid value: 2: too long",
    ]);
  });

  test("a demanded enumeration that was left out is required", () => {
    deepEqual(errorsOf(Holder, { n: 1 }), ["colour: Required value"]);
  });

  test("an empty text is no value where being absent would have said so", () => {
    deepEqual(errorsOf(Holder, { n: 1, colour: "", shade: "", colours: [""] }), [
      "colour: Required value",
      'colours[0]: Unsupported value: "": supported values: "red", "green"',
      'shade: Unsupported value: "": supported values: "dark", "bright"',
    ]);
  });

  test("an optional one may be left out", () => {
    deepEqual(errorsOf(Pod, { spec: { containers: [{ name: "a" }] } }), []);
  });

  test("paths start where the caller says", () => {
    deepEqual(errorsOf(Positive, {}, "spec.template"), [
      "spec.template.n: Invalid value: 0: must be greater than 0",
    ]);
  });

  test("a struct without rules has no errors", () => {
    deepEqual(errorsOf(s.struct("test/v1.Free", { a: s.string(1) }), { a: "x" }), []);
  });

  test("schemas are looked into, whatever form they stand in", () => {
    const json = {
      items: { type: "odd" },
      additionalProperties: { properties: { a: { items: [{ type: "strange" }] } } },
      dependencies: { a: ["b"] },
    };
    deepEqual(errorsOf(JSONSchemaProps, json), [
      'items.type: Unsupported value: "odd": supported values: "array", "object", "string"',
      'additionalProperties.properties[a].items[0].type: Unsupported value: "strange": supported values: "array", "object", "string"',
    ]);
  });

  test("values inside plain structs are found", () => {
    deepEqual(errorsOf(Deployment, { spec: { strategy: { type: "Slow" } } }), [
      'spec.strategy.type: Unsupported value: "Slow": supported values: "Recreate", "RollingUpdate"',
    ]);
  });
});
