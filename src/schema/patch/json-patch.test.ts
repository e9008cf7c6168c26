import { deepEqual, throws } from "node:assert/strict";
import { describe, test } from "node:test";
import { deepFreeze } from "#schema/copy.ts";
import { depthMax } from "#schema/limits.ts";
import { applyJsonPatch } from "./json-patch.ts";
import { PatchError } from "./patch-error.ts";

describe("RFC 6902, appendix A", () => {
  const cases: [name: string, document: unknown, patch: object[], result: unknown][] = [
    [
      "A.1 adding a member",
      { foo: "bar" },
      [{ op: "add", path: "/baz", value: "qux" }],
      { baz: "qux", foo: "bar" },
    ],
    [
      "A.2 adding an item",
      { foo: ["bar", "baz"] },
      [{ op: "add", path: "/foo/1", value: "qux" }],
      { foo: ["bar", "qux", "baz"] },
    ],
    [
      "A.3 removing a member",
      { baz: "qux", foo: "bar" },
      [{ op: "remove", path: "/baz" }],
      { foo: "bar" },
    ],
    [
      "A.4 removing an item",
      { foo: ["bar", "qux", "baz"] },
      [{ op: "remove", path: "/foo/1" }],
      { foo: ["bar", "baz"] },
    ],
    [
      "A.5 replacing a value",
      { baz: "qux", foo: "bar" },
      [{ op: "replace", path: "/baz", value: "boo" }],
      { baz: "boo", foo: "bar" },
    ],
    [
      "A.6 moving a value",
      { foo: { bar: "baz", waldo: "fred" }, qux: { corge: "grault" } },
      [{ op: "move", from: "/foo/waldo", path: "/qux/thud" }],
      { foo: { bar: "baz" }, qux: { corge: "grault", thud: "fred" } },
    ],
    [
      "A.7 moving an item",
      { foo: ["all", "grass", "cows", "eat"] },
      [{ op: "move", from: "/foo/1", path: "/foo/3" }],
      { foo: ["all", "cows", "eat", "grass"] },
    ],
    [
      "A.8 testing a value: success",
      { baz: "qux", foo: ["a", 2, "c"] },
      [
        { op: "test", path: "/baz", value: "qux" },
        { op: "test", path: "/foo/1", value: 2 },
      ],
      { baz: "qux", foo: ["a", 2, "c"] },
    ],
    [
      "A.10 adding a nested member",
      { foo: "bar" },
      [{ op: "add", path: "/child", value: { grandchild: {} } }],
      { foo: "bar", child: { grandchild: {} } },
    ],
    [
      "A.11 ignoring what is not recognized",
      { foo: "bar" },
      [{ op: "add", path: "/baz", value: "qux", xyz: 123 }],
      { foo: "bar", baz: "qux" },
    ],
    [
      "A.14 escapes",
      { "/": 9, "~1": 10 },
      [{ op: "test", path: "/~01", value: 10 }],
      { "/": 9, "~1": 10 },
    ],
    [
      "A.16 adding a list as an item",
      { foo: ["bar"] },
      [{ op: "add", path: "/foo/-", value: ["abc", "def"] }],
      { foo: ["bar", ["abc", "def"]] },
    ],
  ];
  for (const [name, document, patch, result] of cases) {
    test(name, () => deepEqual(applyJsonPatch(deepFreeze(document), patch), result));
  }
});

describe("refused", () => {
  const cases: [name: string, document: unknown, operation: object, message: string][] = [
    [
      "A.9 testing a value: error",
      { baz: "qux" },
      { op: "test", path: "/baz", value: "bar" },
      "testing value /baz failed: test failed",
    ],
    [
      "A.12 adding below nothing",
      { foo: "bar" },
      { op: "add", path: "/baz/bat", value: "qux" },
      'add operation does not apply: doc is missing path: "/baz/bat": missing value',
    ],
    [
      "A.15 a number is no string",
      { "~1": 10 },
      { op: "test", path: "/~01", value: "10" },
      "testing value /~01 failed: test failed",
    ],
    [
      "removing what is not there",
      {},
      { op: "remove", path: "/a" },
      "error in remove for path: '/a': Unable to remove nonexistent key: a: missing value",
    ],
    [
      "replacing below nothing",
      {},
      { op: "replace", path: "/a/b", value: 1 },
      "replace operation does not apply: doc is missing path: /a/b: missing value",
    ],
    [
      "replacing an item that is not there",
      { a: [] },
      { op: "replace", path: "/a/0", value: 1 },
      "replace operation does not apply: doc is missing key: /a/0: missing value",
    ],
    [
      "an index out of the list",
      { a: [] },
      { op: "add", path: "/a/1", value: 1 },
      "error in add for path: '/a/1': Unable to access invalid index: 1: invalid index referenced",
    ],
    [
      "no index",
      { a: [] },
      { op: "add", path: "/a/x", value: 1 },
      "error in add for path: '/a/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ],
    [
      "moving from nowhere",
      {},
      { op: "move", from: "/a/b", path: "/c" },
      "move operation does not apply: doc is missing from path: /a/b: missing value",
    ],
    [
      "copying to nowhere",
      { a: 1 },
      { op: "copy", from: "/a", path: "/b/c" },
      "copy operation does not apply: doc is missing destination path: /b/c: missing value",
    ],
    ["no path", {}, { op: "add", value: 1 }, "add operation failed to decode path: missing value"],
    [
      "no path to move to",
      { a: 1 },
      { op: "move", from: "/a" },
      "move operation failed to decode path: operation missing path field: missing value",
    ],
    [
      "nothing to copy",
      { a: 1 },
      { op: "copy", path: "/b" },
      "copy operation failed to decode from: operation, missing from field: missing value",
    ],
    ["no such operation", {}, { op: "frobnicate", path: "/a" }, "Unexpected kind: frobnicate"],
    [
      "an operation of every object",
      {},
      { op: "constructor", path: "/a" },
      "Unexpected kind: constructor",
    ],
  ];
  for (const [name, document, operation, message] of cases) {
    test(name, () =>
      throws(() => applyJsonPatch(document, [operation]), { name: "PatchError", message }),
    );
  }

  test("a patch that is no list", () => {
    throws(() => applyJsonPatch({}, { op: "add" }), PatchError);
  });

  test("copies of copies, before they fill the memory", () => {
    const bomb = Array.from({ length: 40 }, () => ({ op: "copy", from: "/a", path: "/a/-" }));
    const document = { a: ["x".repeat(1_000)] };
    throws(() => applyJsonPatch(document, bomb), /^PatchError: Unable to complete the copy/);
  });
});

test("as the library that upstream uses: negative indexes, replacing adds, members called __proto__", () => {
  const patch = [
    { op: "remove", path: "/a/-1" },
    { op: "replace", path: "/new", value: 1 },
    { op: "add", path: "/__proto__", value: { x: 1 } },
  ];
  const result = applyJsonPatch({ a: [1, 2] }, patch) as object;
  deepEqual(JSON.stringify(result), '{"a":[1],"new":1,"__proto__":{"x":1}}');
  deepEqual(Object.getPrototypeOf(result), Object.prototype);
});

test("copies of copies do not get too deep, nor does what is moved", () => {
  const copies = Array.from({ length: 12 }, (_, i) => ({
    op: "copy",
    from: "/a",
    path: "/a".repeat(2 ** i + 1),
  }));
  throws(() => applyJsonPatch({ a: {} }, copies), { name: "PatchError", message: /max depth/ });
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) });
  const document = { a: deep(depthMax - 2), b: { c: {} } };
  const move = { op: "move", from: "/a", path: "/b/c/d" };
  throws(() => applyJsonPatch(document, [move]), { name: "PatchError", message: /max depth/ });
});
