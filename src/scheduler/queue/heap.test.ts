import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { below, seededRandom } from "#base/random.ts";
import { Heap } from "./heap.ts";

interface Item {
  rank: number;
}

const drained = (heap: Heap<Item>): number[] => {
  const ranks: number[] = [];
  for (let item = heap.pop(); item; item = heap.pop()) ranks.push(item.rank);
  return ranks;
};

test("items come out by rank, whatever was taken out or moved before", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 100; round++) {
    const heap = new Heap<Item>((a, b) => a.rank < b.rank);
    const items = Array.from({ length: 30 }, () => ({ rank: below(random, 20) }));
    for (const item of items) heap.push(item);
    for (const item of items.splice(0, 10)) equal(heap.remove(item), true);
    for (const item of items.slice(0, 10)) {
      item.rank = below(random, 20);
      heap.moved(item);
    }
    const ranks = items.map(({ rank }) => rank).sort((a, b) => a - b);
    equal(heap.size, ranks.length);
    deepEqual(drained(heap), ranks);
  }
});

test("an item that is not there is not removed", () => {
  const heap = new Heap<Item>((a, b) => a.rank < b.rank);
  heap.push({ rank: 1 });
  equal(heap.remove({ rank: 1 }), false);
  equal(heap.size, 1);
});
