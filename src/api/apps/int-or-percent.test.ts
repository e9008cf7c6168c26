import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import {
  amountOf,
  atMost100Percent,
  nonNegativeIntOrPercent,
  scaledValue,
} from "./int-or-percent.ts";

test("amounts are numbers, or shares", () => {
  const problems = (value: number | string) =>
    [...nonNegativeIntOrPercent("a", value), ...atMost100Percent("a", value)].length;
  deepEqual([0, 5, "0%", "100%"].map(problems), [0, 0, 0, 0]);
  deepEqual([-1, "-1%", "5", "101%"].map(problems), [1, 1, 1, 1]);
});

test("a share is zero when its number is", () => {
  deepEqual([undefined, 3, "0%", "25%"].map(amountOf), [0, 3, 0, 25]);
});

test("shares of a total are rounded as asked", () => {
  equal(scaledValue("25%", { total: 10, round: "up" }), 3);
  equal(scaledValue("25%", { total: 10, round: "down" }), 2);
  equal(scaledValue(4, { total: 10, round: "down" }), 4);
});
