import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#base/testing.ts";
import { memoryStore } from "./backends/memory.ts";
import { Compacted, type Store } from "./store.ts";

const value = new Uint8Array(1_000);

const overwrite = async (store: Store, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await store.commit({ guards: [], writes: [{ key: "a", value }] });
};

const inHistory = (store: Store): number => store.revision() - store.compacted();

test("history is bounded by a number of revisions, and what is kept can be watched from", async () => {
  const store = memoryStore({ history: { revisions: 1_000 } });
  await overwrite(store, 5_000);
  equal(inHistory(store) <= 1_000 && inHistory(store) > 500, true);
  let seen = 0;
  using _watch = store.watch({ prefix: "", after: store.compacted() }, (c) => (seen += c.length));
  equal(seen, inHistory(store));
  throws(() => store.watch({ prefix: "", after: store.compacted() - 1 }, () => {}), Compacted);
});

test("history is bounded by the bytes it holds on to", async () => {
  const store = memoryStore({ history: { bytes: 2_000_000 } });
  await overwrite(store, 5_000);
  equal(inHistory(store) <= 2_000 && inHistory(store) > 1_000, true);
});

test("history is bounded by age where there is a clock", async () => {
  const clock = new ManualClock();
  const store = memoryStore({ clock, history: { ageMs: 60_000 } });
  await overwrite(store, 1_000);
  equal(inHistory(store), 1_000);
  clock.advance(61_000);
  await overwrite(store, 1);
  equal(inHistory(store) <= 256, true);
});

test("a fork's history is its own from there on, across chunks", async () => {
  const store = memoryStore({ history: { revisions: 1_000 } });
  await overwrite(store, 300);
  const twin = store.fork?.() ?? store;
  await overwrite(twin, 300);
  await overwrite(store, 10);
  const keys = (from: Store): number => {
    let count = 0;
    using _watch = from.watch({ prefix: "", after: 1 }, (changes) => (count += changes.length));
    return count;
  };
  deepEqual([keys(store), keys(twin)], [310, 600]);
  await store.compact(100);
  equal((await store.get("a", 100))?.revision, 100);
  equal((await twin.get("a", 50))?.revision, 50);
});
