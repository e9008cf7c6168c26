import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { compile } from "./cel.ts";
import { jsonOf } from "./json.ts";
import { resultOf } from "./testing.ts";
import { dynType, objectType } from "./types.ts";
import { constructedTypeOf } from "./values.ts";

test("what an expression made becomes JSON", () => {
  const cases: readonly [text: string, json: unknown][] = [
    ['{"a": dyn([1, 2]), "b": dyn({"c": true})}', { a: [1, 2], b: { c: true } }],
    ["[1.5, 2.0][1]", 2],
    ["9007199254740993", "9007199254740993"],
    ["[dyn(1u), dyn(null)]", [1, null]],
    ["b'hi'", "aGk="],
    ["timestamp('2024-01-02T03:04:05Z')", "2024-01-02T03:04:05Z"],
    ["duration('90s')", "90s"],
    ["optional.of(1)", 1],
    ['{1: "a"}', { 1: "a" }],
    ['{"__proto__": "a"}', JSON.parse('{"__proto__":"a"}')],
  ];
  for (const [text, json] of cases) deepEqual(jsonOf(resultOf(text)), json, text);
  throws(() => jsonOf(resultOf("quantity('1')")), /kubernetes\.Quantity/);
});

test("an object keeps beside it what the expression called it", () => {
  const type = objectType("Thing", new Map([["a", { type: dynType }]]));
  const findType = (name: string) => (name === "Thing" ? type : undefined);
  const { value } = compile("[Thing{a: 1}]", { variables: {}, findType }).evaluate({});
  const [thing] = value as readonly [object];
  deepEqual(thing, { a: 1 });
  equal(constructedTypeOf(thing), "Thing");
});
