import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { deepFreeze } from "#schema/copy.ts";
import { applyMergePatch } from "./merge-patch.ts";

/** RFC 7386, appendix A. */
const cases: [document: unknown, patch: unknown, result: unknown][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];
for (const [document, patch, result] of cases) {
  test(`${JSON.stringify(document)} with ${JSON.stringify(patch)}`, () => {
    deepEqual(applyMergePatch(deepFreeze(document), deepFreeze(patch)), result);
  });
}

const nulls = [null, { b: null, c: [null, 1] }];

for (const [where, document] of [
  ["that is new", {}],
  ["that takes the place of null", { a: null }],
  ["that takes the place of a list", { a: [1] }],
] as const) {
  test(`of a list ${where}, nulls do not arrive`, () => {
    deepEqual(applyMergePatch(document, { a: nulls }), { a: [{ c: [1] }] });
  });
}

test("a list that takes the place of an object comes as it is", () => {
  deepEqual(applyMergePatch({ a: { b: 1 } }, { a: nulls }), { a: nulls });
});

test("nesting beyond the limit is refused", () => {
  let patch: object = {};
  for (let i = 0; i < 5_000; i++) patch = { a: patch };
  throws(() => applyMergePatch({}, patch), { name: "PatchError", message: "exceeded max depth" });
});
