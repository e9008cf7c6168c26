import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { backoffDelay, KeyedBackoff } from "./backoff.ts";
import { seededRandom } from "./random.ts";
import { ManualClock } from "./testing.ts";

const options = { firstMs: 10, maxMs: 300 };

test("delays double up to the limit", () => {
  deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 2_000].map((failures) => backoffDelay(options, failures)),
    [0, 10, 20, 40, 80, 160, 300, 300, 300],
  );
  equal(backoffDelay({ ...options, factor: 3 }, 3), 90);
});

test("jitter only lengthens, by no more than its share", () => {
  const jitter = { random: seededRandom(1), share: 0.5 };
  const delays = Array.from({ length: 100 }, () => backoffDelay({ ...options, jitter }, 1));
  equal(
    delays.every((ms) => ms >= 10 && ms < 15),
    true,
  );
  equal(new Set(delays).size > 50, true);
});

test("a key waits out its back-off, and longer after the next failure", () => {
  const clock = new ManualClock();
  const backoff = new KeyedBackoff(clock, options);
  equal(backoff.failed("a"), 10);
  clock.advance(4);
  deepEqual([backoff.waitMs("a"), backoff.waitMs("b")], [6, 0]);
  clock.advance(6);
  equal(backoff.waitMs("a"), 0);
  equal(backoff.failed("a"), 20);
  backoff.forget("a");
  equal(backoff.failed("a"), 10);
});

test("a key left alone for long starts over", () => {
  const clock = new ManualClock();
  const backoff = new KeyedBackoff(clock, options);
  for (let i = 0; i < 5; i++) backoff.failed("a");
  clock.advance(160 + 600);
  equal(backoff.failures("a"), 5);
  clock.advance(1);
  equal(backoff.failures("a"), 0);
  equal(backoff.failed("a"), 10);
});
