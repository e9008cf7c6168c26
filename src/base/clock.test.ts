import { equal, throws } from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { formatMicroTime, formatTime, nap, sleep } from "./clock.ts";
import { ManualClock } from "./testing.ts";

test("times are printed as Go prints them, whichever was printed before", () => {
  const at = Date.UTC(2030, 0, 2, 3, 4, 5, 6);
  equal(formatTime(at), "2030-01-02T03:04:05Z");
  equal(formatMicroTime(at + 993.7), "2030-01-02T03:04:05.999000Z");
  equal(formatTime(at + 994), "2030-01-02T03:04:06Z");
  equal(formatMicroTime(-1), "1969-12-31T23:59:59.999000Z");
  equal(formatTime(at), "2030-01-02T03:04:05Z");
  throws(() => formatTime(Number.NaN), RangeError);
});

test("a sleep ends with its time, its signal or whoever wakes the sleeper, and leaves nothing behind", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const left = (): string =>
    `${clock.pending} timers, ${getEventListeners(stop.signal, "abort").length} listeners`;
  const timed = sleep(clock, 10, stop.signal);
  clock.advance(10);
  await timed;
  equal(left(), "0 timers, 0 listeners");
  const woken = nap(clock, 10, stop.signal);
  equal(left(), "1 timers, 1 listeners");
  woken.end();
  await woken.over;
  equal(left(), "0 timers, 0 listeners");
  const aborted = sleep(clock, 10, stop.signal);
  stop.abort();
  await aborted;
  await sleep(clock, 10, stop.signal);
  equal(left(), "0 timers, 0 listeners");
});
