import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { below, seededRandom } from "#base/random.ts";
import { SortedMap } from "./sorted-map.ts";

test("it behaves as a sorted array of entries, whatever is set and deleted", () => {
  const random = seededRandom(1);
  const map = new SortedMap<number>();
  const model = new Map<string, number>();
  for (let step = 0; step < 20_000; step++) {
    const key = `ns${below(random, 3)}/${below(random, 2_000)}`;
    if (random.next() < 0.3) {
      map.delete(key);
      model.delete(key);
    } else {
      map.set(key, step);
      model.set(key, step);
    }
  }
  const sorted = [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));
  equal(map.size, model.size);
  deepEqual(
    [...map.values("")],
    sorted.map(([, value]) => value),
  );
  for (const [prefix, from] of [
    ["ns1/", ""],
    ["ns1/", "ns1/5"],
    ["ns2/", "ns2/999"],
    ["ns0/", "ns1/"],
    ["none/", ""],
    ["", "ns1/"],
  ] as const) {
    const expected = sorted.filter(([key]) => key.startsWith(prefix) && key >= from);
    deepEqual(
      [...map.values(prefix, from)],
      expected.map(([, value]) => value),
    );
    equal(map.count(prefix, from), expected.length, `${prefix} from ${from}`);
  }
});

test("an emptied map starts again", () => {
  const map = new SortedMap<number>();
  map.set("a", 1);
  map.delete("a");
  deepEqual([...map.values("")], []);
  equal(map.count("a"), 0);
  map.set("b", 2);
  deepEqual([...map.values("")], [2]);
});

test("a fork and its origin change without each other", () => {
  const origin = new SortedMap<number>();
  const keys = Array.from({ length: 3_000 }, (_, i) => `key-${i}`);
  for (const [i, key] of keys.entries()) origin.set(key, i);
  const branch = origin.fork();
  const twig = branch.fork();
  for (const key of keys.slice(0, 1_500)) origin.delete(key);
  for (const key of keys) branch.set(key, -1);
  twig.set("key-0-more", 7);
  deepEqual(
    [origin, branch, twig].map((map) => [map.size, map.get("key-2000"), map.get("key-7")]),
    [
      [1_500, 2_000, undefined],
      [3_000, -1, -1],
      [3_001, 2_000, 7],
    ],
  );
  deepEqual([origin.count(""), branch.count(""), twig.count("")], [1_500, 3_000, 3_001]);
});
