import { equal } from "node:assert/strict";
import { test } from "node:test";
import { describeDifference } from "./difference.ts";

test("each field that differs has a line", () => {
  const before = { a: 1, list: [{ name: "x" }, { name: "y" }], gone: true };
  const after = { a: 1, list: [{ name: "x" }, { name: "z" }], added: {} };
  equal(
    describeDifference(before, after),
    '  list[1].name: "y" -> "z"\n  gone: true -> unset\n  added: unset -> {}',
  );
});

test("equal values do not differ", () => {
  equal(describeDifference({ a: [1] }, { a: [1] }), "");
});

test("long differences are cut", () => {
  const many = Object.fromEntries(Array.from({ length: 23 }, (_, i) => [`f${i}`, i]));
  equal(describeDifference({}, many).split("\n").at(-1), "  … and 3 more");
});
