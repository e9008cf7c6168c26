import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { seconds, sleep } from "#base/clock.ts";
import { VirtualClock } from "./clock.ts";

test("timers fire in the order of their times, ties in the order they were set", async () => {
  const clock = new VirtualClock(0);
  const fired: string[] = [];
  for (const [name, at] of [
    ["c", 30],
    ["a", 10],
    ["b1", 20],
    ["b2", 20],
    ["late", 100],
  ] as const) {
    clock.after(at, () => fired.push(`${name}@${clock.now()}`));
  }
  await clock.advance(50);
  deepEqual(fired, ["a@10", "b1@20", "b2@20", "c@30"]);
  equal(clock.now(), 50);
  equal(clock.pending, 1);
});

test("many timers in any order still fire sorted", async () => {
  const clock = new VirtualClock(0);
  const fired: number[] = [];
  for (let i = 0; i < 500; i++) {
    const at = (i * 7919) % 1000;
    clock.after(at, () => fired.push(at));
  }
  await clock.advance(1_000);
  deepEqual(
    fired,
    fired.toSorted((a, b) => a - b),
  );
  equal(fired.length, 500);
});

test("a cancelled timer never fires and no longer counts", async () => {
  const clock = new VirtualClock(0);
  let fired = 0;
  const timer = clock.after(10, () => fired++);
  timer[Symbol.dispose]();
  timer[Symbol.dispose]();
  equal(clock.pending, 0);
  await clock.advance(20);
  equal(fired, 0);
});

test("a sleeper goes on, and sleeps again, within one advance", async () => {
  const clock = new VirtualClock(0);
  const { signal } = new AbortController();
  const woken: number[] = [];
  const sleeper = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(clock, seconds(1), signal);
      woken.push(clock.now());
    }
  })();
  await clock.advance(seconds(10));
  await sleeper;
  deepEqual(woken, [1_000, 2_000, 3_000]);
});

test("idle ends when what remains is far away", async () => {
  const clock = new VirtualClock(0);
  clock.after(seconds(5), () => void clock.after(seconds(3_600), () => {}));
  equal(await clock.idle({ horizonMs: seconds(60), limitMs: seconds(600) }), true);
  equal(clock.now(), seconds(5));
});

test("idle gives up on what never rests", async () => {
  const clock = new VirtualClock(0);
  const tick = (): void => void clock.after(seconds(1), tick);
  tick();
  equal(await clock.idle({ horizonMs: seconds(60), limitMs: seconds(30) }), false);
});
