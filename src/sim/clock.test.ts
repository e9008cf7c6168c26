import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { seconds, sleep } from "#base/clock.ts";
import { VirtualClock } from "./clock.ts";
import { durationMs } from "./duration.ts";

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

test("time goes on to the next timer, and no further than allowed", async () => {
  const clock = new VirtualClock(0);
  clock.after(seconds(5), () => void clock.after(seconds(3_600), () => {}));
  equal(await clock.step(seconds(60)), true);
  equal(clock.now(), seconds(5));
  equal(await clock.step(seconds(60)), false);
  equal(clock.now(), seconds(5));
});

test("time stands still while other threads work, and their work ends in order", async () => {
  const clock = new VirtualClock(0);
  const ended: string[] = [];
  const digest = (name: string, bytes: number) =>
    clock
      .outside(() => crypto.subtle.digest("SHA-512", new Uint8Array(bytes)))
      .then(() => ended.push(`${name}@${clock.now()}`));
  clock.after(1, () => void digest("long", 4_000_000));
  clock.after(1, () => void digest("short", 1));
  clock.after(2, () => ended.push("timer@2"));
  await clock.advance("1s");
  deepEqual(ended, ["long@1", "short@1", "timer@2"]);
});

test("an advance ends when its signal aborts, or when something has failed", async () => {
  let failure: Error | undefined;
  const clock = new VirtualClock(0, {
    check: () => {
      if (failure) throw failure;
    },
  });
  const stop = new AbortController();
  clock.after(5, () => stop.abort(new Error("enough")));
  clock.after(6, () => {});
  await rejects(clock.advance("1s", stop.signal), /enough/);
  equal(clock.now(), 5);
  clock.after(5, () => (failure = new Error("broken")));
  clock.after(6, () => {});
  await rejects(clock.advance("1s"), /broken/);
  equal(clock.now(), 10);
});

test("work outside that fails does not stop the clock", async () => {
  const clock = new VirtualClock(0);
  await rejects(
    clock.outside(async () => Promise.reject(new Error("no"))),
    /no/,
  );
  await clock.advance(10);
  equal(await clock.outside(async () => 7), 7);
});

for (const [text, ms] of [
  ["30 days", 2_592_000_000],
  ["1h30m", 5_400_000],
  ["2 weeks", 1_209_600_000],
  ["250ms", 250],
  ["1.5 s", 1_500],
  ["1 minute 5 seconds", 65_000],
  [17, 17],
] as const) {
  test(`${text} is a duration`, () => equal(durationMs(text), ms));
}

for (const text of ["", "soon", "3 parsecs", "5", "1h and more", "-1s", -1]) {
  test(`${JSON.stringify(text)} is no duration`, () => throws(() => durationMs(text), RangeError));
}
