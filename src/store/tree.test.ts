import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { below, seededRandom } from "#base/random.ts";
import { afterPrefix, justAfter, orderedKey } from "./key-order.ts";
import { Tree } from "./tree.ts";

const everything = { from: "", to: undefined };

test("behaves like a sorted map under random writes, and old versions stay as they were", () => {
  const random = seededRandom(7);
  const model = new Map<string, number>();
  let tree = Tree.empty<number>();
  const kept: { tree: Tree<number>; values: number[] }[] = [];
  const sorted = (): number[] => [...model].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, v]) => v);
  for (let i = 0; i < 20_000; i++) {
    const key = `k${below(random, 3_000)}`;
    // Grow, then shrink, then grow again, so that nodes split and join.
    if (below(random, 100) < (i % 10_000 < 5_000 ? 70 : 20)) {
      tree = tree.set(key, i);
      model.set(key, i);
    } else {
      tree = tree.delete(key);
      model.delete(key);
    }
    if (i % 1_000 === 0) kept.push({ tree, values: sorted() });
    equal(tree.size, model.size);
  }
  deepEqual(tree.list(everything), sorted());
  for (const version of kept) deepEqual(version.tree.list(everything), version.values);
  for (const [key, value] of model) equal(tree.get(key), value);
  equal(tree.get("absent"), undefined);
  for (const key of model.keys()) tree = tree.delete(key);
  equal(tree.size, 0);
});

test("stays sorted while whole regions empty out", () => {
  const keys = Array.from({ length: 5_000 }, (_, i) => `k${String(i).padStart(4, "0")}`);
  // Every 40th key stays to the end, so that hardly any two neighbours can join.
  const order = keys.filter((_, i) => i % 40 !== 0).concat(keys.filter((_, i) => i % 40 === 0));
  const left = new Set(keys);
  let tree = Tree.from(keys, keys);
  for (const [i, key] of order.entries()) {
    tree = tree.delete(key);
    left.delete(key);
    if (i % 100 === 0) deepEqual(tree.list(everything), [...left]);
  }
  equal(tree.set("a", "a").size, 1);
});

test("spans are cut, counted and limited", () => {
  const keys = Array.from({ length: 1_000 }, (_, i) => `k${String(i).padStart(4, "0")}`);
  for (const tree of [
    Tree.from(keys, keys),
    keys.reduce((t, key) => t.set(key, key), Tree.empty<string>()),
    keys.toReversed().reduce((t, key) => t.set(key, key), Tree.empty<string>()),
  ]) {
    const span = { from: "k0100", to: "k0200" };
    deepEqual(tree.list(span), keys.slice(100, 200));
    deepEqual(tree.list(span, 3), ["k0100", "k0101", "k0102"]);
    deepEqual(tree.list(span, 0), []);
    equal(tree.count(span), 100);
    equal(tree.count({ from: "a", to: "b" }), 0);
    equal(tree.count({ from: "k0990x", to: undefined }), 9);
    deepEqual(tree.list({ from: "k0999x", to: undefined }), []);
    deepEqual(tree.list({ from: "a", to: "k0001" }), ["k0000"]);
  }
});

test("deleting what is not there gives the same tree", () => {
  const tree = Tree.from(["a", "b"], [1, 2]);
  equal(tree.delete("c"), tree);
});

test("ordered keys compare as their bytes do", () => {
  const keys = [
    "a",
    "a\0",
    "ab",
    "\u00e9",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\u{10000}",
    "\u{10ffff}",
  ];
  const byBytes = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  deepEqual(
    keys.toReversed().sort((a, b) => (orderedKey(a) < orderedKey(b) ? -1 : 1)),
    byBytes,
  );
});

test("bounds of a prefix", () => {
  equal(afterPrefix("/a/"), "/a0");
  equal(afterPrefix("a\uffff"), "b");
  equal(afterPrefix(""), undefined);
  equal(afterPrefix("\uffff"), undefined);
  equal(justAfter("a") > "a" && justAfter("a") < "a\u0001", true);
});
