import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { dealHand } from "#api/flowcontrol/shuffle-sharding.ts";
import type { PriorityLevelConfigurationSpec } from "#api/flowcontrol/prioritylevelconfiguration.ts";
import { allocate, seatLimits } from "./shares.ts";

const limited = (shares: number, more: object = {}): PriorityLevelConfigurationSpec => ({
  type: "Limited",
  limited: { nominalConcurrencyShares: shares, limitResponse: { type: "Reject" }, ...more },
});

test("seats are divided by shares, rounded up, with what is lent and borrowed around them", () => {
  const specs = new Map([
    ["a", limited(30, { lendablePercent: 33 })],
    ["b", limited(10, { lendablePercent: 50, borrowingLimitPercent: 20 })],
    ["c", limited(5)],
  ]);
  deepEqual(Object.fromEntries(seatLimits(specs, 100)), {
    a: { nominal: 67, min: 45, max: 167 },
    b: { nominal: 23, min: 11, max: 28 },
    c: { nominal: 12, min: 12, max: 112 },
  });
});

test("everybody gets the same fraction of his target, within his bounds", () => {
  const claim = (lower: number, upper: number, target: number) => ({ lower, upper, target });
  deepEqual(allocate(60, [claim(0, 100, 10), claim(0, 100, 20)]), [20, 40]);
  deepEqual(allocate(60, [claim(0, 15, 10), claim(0, 100, 20)]), [15, 45]);
  deepEqual(allocate(60, [claim(50, 100, 10), claim(0, 100, 20)]), [50, 10]);
  deepEqual(
    allocate(10, [claim(8, 100, 10), claim(8, 100, 20)]),
    [8, 8],
    "less than there must be",
  );
});

test("a hand is of different queues, and the same for the same flow", () => {
  for (let hash = 1n; hash < 1n << 59n; hash = hash * 7n + 3n) {
    const hand = dealHand(hash, 64, 6);
    equal(new Set(hand).size, 6);
    deepEqual(
      hand.filter((queue) => queue < 0 || queue >= 64),
      [],
    );
    deepEqual(dealHand(hash, 64, 6), hand);
  }
  deepEqual(new Set(dealHand(5n, 3, 3)), new Set([0, 1, 2]));
});
