import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { below, chance, seededRandom } from "#base/random.ts";
import {
  firstMissing,
  formatIndexSet,
  hasIndex,
  indexSetOf,
  parseIndexSet,
  sharedCount,
  sizeOfSet,
  union,
} from "./index-set.ts";

test("indexes are written as short as can be", () => {
  equal(formatIndexSet(indexSetOf([7, 1, 3, 4, 5, 9, 10])), "1,3-5,7,9,10");
  equal(formatIndexSet(indexSetOf([])), "");
});

test("what is beyond the completions, or no index, is left out", () => {
  equal(formatIndexSet(parseIndexSet("0,2-6,9", 5)), "0,2-4");
  equal(formatIndexSet(parseIndexSet("0,x,2-y,3", 5)), "0,3");
  deepEqual(parseIndexSet("", 5), []);
});

test("sets of intervals are like sets of numbers", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 300; round++) {
    const end = 1 + below(random, 40);
    const some = (): number[] =>
      Array.from({ length: end }, (_, i) => i).filter(() => chance(random, 0.5));
    const [a, b] = [some(), some()];
    const [one, other] = [indexSetOf(a), indexSetOf(b)];
    const both = union(one, other);
    const numbers = new Set([...a, ...b]);
    deepEqual(both, indexSetOf(numbers));
    equal(sizeOfSet(both), numbers.size);
    equal(sharedCount(one, other), a.filter((index) => b.includes(index)).length);
    deepEqual(parseIndexSet(formatIndexSet(both), end), both);
    const missing: number[] = [];
    for (let i = 0; i < end; i++) {
      equal(hasIndex(both, i), numbers.has(i));
      if (!numbers.has(i)) missing.push(i);
    }
    deepEqual(firstMissing(both, 5, end), missing.slice(0, 5));
  }
});

test("a million indexes that are done cost no more than one", () => {
  const done = parseIndexSet("0-999998", 1_000_000);
  deepEqual(firstMissing(done, 10, 1_000_000), [999_999]);
});
