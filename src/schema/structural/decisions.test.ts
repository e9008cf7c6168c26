/** Corners of apply that upstream's own library decided, asked by `npm run oracles`. */
import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { FieldSet } from "../fieldset.ts";
import type { OpenSchema } from "../open/open-schema.ts";
import { type AnyStruct, s } from "../struct.ts";
import { checkApplied, compare, fieldsOf, mergeApplied, pruneApplied } from "../structural.ts";

const leaf = {};
const { empty } = FieldSet;

const opened = (open: OpenSchema): AnyStruct => s.struct("test/v1.Opened", {}, { open });

const open = opened({
  type: "object",
  properties: {
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    shapeless: { type: "object" },
    address: { type: "string", format: "ipv4" },
    keeping: {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: { inner: { type: "object", properties: { a: { type: "string" } } } },
    },
  },
});

describe("null where anything may be", () => {
  test("is an empty map: what was in the map is gone, and nothing is changed", () => {
    const { added, modified, removed } = compare(
      open,
      { free: { a: { b: 1 } } },
      { free: { a: null } },
    );
    deepEqual([added.isEmpty, modified.isEmpty], [true, true]);
    deepEqual(removed.toJson(), { "f:free": { "f:a": { "f:b": leaf } } });
  });

  test("takes nothing away from a map when it is applied", () => {
    const live = { free: { a: { b: 1 } } };
    deepEqual(mergeApplied(open, live, { free: { a: null } }), live);
  });

  test("takes the place of anything else", () => {
    deepEqual(mergeApplied(open, { free: { a: [1] } }, { free: { a: null } }), {
      free: { a: null },
    });
  });
});

describe("what a schema does not say", () => {
  test("may be applied to an object of which it says nothing at all", () => {
    equal(checkApplied(open, { shapeless: { a: { b: 1 } } }), "");
    deepEqual(fieldsOf(open, { shapeless: { a: 1 } }).toJson(), {
      "f:shapeless": { "f:a": leaf },
    });
    const bare = s.struct("test/v1.Bare", {});
    const holder = s.struct("test/v1.Holder", { bare: s.object(1, bare, { optional: true }) });
    equal(checkApplied(holder, { bare: { a: 1 } }), "");
    deepEqual(fieldsOf(holder, { bare: { a: 1 } }).toJson(), { "f:bare": { "f:a": leaf } });
  });

  test("may be applied anywhere below an object that keeps it", () => {
    equal(checkApplied(open, { keeping: { inner: { z: 1 } } }), "");
    deepEqual(fieldsOf(open, { keeping: { inner: { z: { y: 1 } } } }).toJson(), {
      "f:keeping": { "f:inner": { "f:z": { ".": leaf, "f:y": leaf } } },
    });
  });

  test("may not be applied beside what it does say, nor to the object itself", () => {
    equal(checkApplied(open, { other: 1 }), ".other: field not declared in schema");
    equal(checkApplied(opened({ type: "object" }), { a: 1 }), ".a: field not declared in schema");
  });
});

describe("types", () => {
  const Typed = s.struct("test/v1.Typed", {
    at: s.time(1, { optional: true }),
    verbs: s.wrappedStrings(2),
  });

  test("a time, or a text of some format, is any scalar", () => {
    equal(checkApplied(Typed, { at: 7 }), "");
    equal(checkApplied(open, { address: 7 }), "");
    equal(checkApplied(Typed, { at: {} }), ".at: expected any scalar, got &{map[]}");
  });

  test("each of a list of texts is one", () => {
    equal(
      checkApplied(Typed, { verbs: ["get", 7] }),
      ".verbs[1]: expected string, got &value.valueUnstructured{Value:7}",
    );
  });
});

test("an item that somebody else owns stays, even if nothing in it is owned", () => {
  const Item = s.struct("test/v1.Item", { name: s.string(1), value: s.string(2) });
  const Holder = s.struct("test/v1.Items", {
    items: s.list(1, Item, { listType: "map", keys: ["name"] }),
  });
  const last = fieldsOf(Holder, { items: [{ name: "b", value: "v" }] });
  const theirs = FieldSet.fromJson({ "f:items": { 'k:{"name":""}': leaf } });
  const merged = {
    items: [
      { name: "b", value: "v" },
      { name: "", value: "w" },
    ],
  };
  deepEqual(pruneApplied(Holder, merged, { last, owned: theirs.union(empty) }), {
    items: [{ name: "", value: "w" }],
  });
});
