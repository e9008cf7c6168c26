import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { WorkQueue, type QueueObserver } from "./queue.ts";
import { ManualClock } from "./testing.ts";

function open(observer?: QueueObserver): { clock: ManualClock; queue: WorkQueue } {
  const clock = new ManualClock();
  return { clock, queue: new WorkQueue({ clock, ...(observer && { observer }) }) };
}

const drained = async (queue: WorkQueue): Promise<string[]> => {
  const keys: string[] = [];
  while (queue.counts().waiting > 0) keys.push((await queue.take()) ?? "closed");
  return keys;
};

test("keys come once, in the order they were added", async () => {
  const { queue } = open();
  for (const key of ["b", "a", "b", "c", "a"]) queue.add(key);
  deepEqual(await drained(queue), ["b", "a", "c"]);
});

test("keys that come, go and come again between the takes of others keep their order", async () => {
  const { queue } = open();
  const taken: string[] = [];
  const take = async (): Promise<void> => {
    const key = (await queue.take()) ?? "closed";
    taken.push(key);
    queue.done(key);
  };
  for (let round = 0; round < 50; round++) {
    for (const name of ["a", "b", "c"]) queue.add(`${name}${round}`);
    queue.add("always");
    await take();
    await take();
  }
  while (queue.counts().waiting > 0) await take();
  const rounds = Array.from({ length: 50 }, (_, i) => ["a", "b", "c"].map((name) => `${name}${i}`));
  deepEqual(
    taken.filter((key) => key !== "always"),
    rounds.flat(),
  );
  queue.add("late");
  deepEqual(await drained(queue), ["late"]);
});

test("a key added while it is worked on comes again when it is done, not before", async () => {
  const { queue } = open();
  queue.add("a");
  await queue.take();
  queue.add("a");
  queue.add("a");
  queue.add("b");
  deepEqual(queue.counts(), { waiting: 2, active: 1, delayed: 0 });
  equal(await queue.take(), "b");
  const later = queue.take();
  queue.done("a");
  equal(await later, "a");
  queue.done("a");
  queue.done("b");
  deepEqual(queue.counts(), { waiting: 0, active: 0, delayed: 0 });
});

test("whoever waits longest is served first", async () => {
  const { queue } = open();
  const takers = [queue.take(), queue.take(), queue.take()];
  queue.add("a");
  queue.add("b");
  queue.close();
  deepEqual(await Promise.all(takers), ["a", "b", undefined]);
});

test("a delayed key comes when it is due; the earliest of several delays counts", async () => {
  const { clock, queue } = open();
  queue.addAfter("a", 100);
  queue.addAfter("a", 50);
  queue.addAfter("a", 70);
  clock.advance(49);
  deepEqual(queue.counts(), { waiting: 0, active: 0, delayed: 1 });
  clock.advance(1);
  deepEqual(await drained(queue), ["a"]);
  clock.advance(1_000);
  deepEqual(queue.counts(), { waiting: 0, active: 1, delayed: 0 });
});

test("retries back off per key until the key is forgotten", async () => {
  const { clock, queue } = open();
  const delays: number[] = [];
  const fail = async (): Promise<void> => {
    queue.retry("a");
    let ms = 0;
    for (; queue.counts().waiting === 0; ms++) clock.advance(1);
    delays.push(ms);
    await queue.take();
    queue.done("a");
  };
  for (let i = 0; i < 4; i++) await fail();
  equal(queue.failures("a"), 4);
  queue.forget("a");
  await fail();
  deepEqual(delays, [5, 10, 20, 40, 5]);
});

test("an aborted taker goes home and takes no key with it", async () => {
  const { queue } = open();
  const stop = new AbortController();
  const taking = queue.take(stop.signal);
  stop.abort();
  equal(await taking, undefined);
  queue.add("a");
  equal(await queue.take(), "a");
  equal(await queue.take(stop.signal), undefined);
});

test("closing drops what waits, cancels timers and refuses more", async () => {
  const { clock, queue } = open();
  queue.add("a");
  queue.addAfter("b", 10);
  queue.close();
  queue.add("c");
  queue.addAfter("d", 10);
  equal(await queue.take(), undefined);
  deepEqual(queue.counts(), { waiting: 0, active: 0, delayed: 0 });
  equal(clock.pending, 0);
});

test("an observer learns how long keys waited and were worked on", async () => {
  const seen: string[] = [];
  const { clock, queue } = open({
    added: () => seen.push("added"),
    taken: (ms) => seen.push(`taken after ${ms}`),
    finished: (ms) => seen.push(`finished after ${ms}`),
    retried: () => seen.push("retried"),
  });
  queue.add("a");
  queue.add("a");
  clock.advance(3);
  await queue.take();
  clock.advance(4);
  deepEqual(queue.activeMs(), [4]);
  queue.done("a");
  queue.retry("a");
  deepEqual(seen, ["added", "taken after 3", "finished after 4", "retried"]);
  queue.close();
});
