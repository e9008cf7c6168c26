import { equal } from "node:assert/strict";
import { test } from "node:test";
import { firstThree, formatAge, humanDuration, labelsText } from "./columns.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

const durations: readonly [ms: number, text: string][] = [
  [-2 * second, "<invalid>"],
  [-second, "0s"],
  [0, "0s"],
  [1_999, "1s"],
  [119 * second, "119s"],
  [2 * minute, "2m"],
  [9 * minute + 59 * second, "9m59s"],
  [10 * minute + 30 * second, "10m"],
  [179 * minute, "179m"],
  [3 * hour, "3h"],
  [7 * hour + 59 * minute + 59 * second, "7h59m"],
  [8 * hour + 30 * minute, "8h"],
  [47 * hour, "47h"],
  [48 * hour, "2d"],
  [7 * day + 23 * hour, "7d23h"],
  [8 * day + 23 * hour, "8d"],
  [2 * year - second, "729d"],
  [2 * year, "2y"],
  [3 * year + 4 * day, "3y4d"],
  [8 * year + 200 * day, "8y"],
];
for (const [ms, text] of durations) {
  test(`${ms} ms reads ${text}`, () => equal(humanDuration(ms), text));
}

test("an age without a time is unknown", () => {
  equal(formatAge(undefined, 0), "<unknown>");
  equal(formatAge(null, 0), "<unknown>");
  equal(formatAge("1970-01-01T00:00:01Z", 6 * second), "5s");
});

test("labels are sorted", () => {
  equal(labelsText({ b: "2", a: "1" }), "a=1,b=2");
  equal(labelsText({}), "<none>");
});

test("a long list is cut after three", () => {
  equal(firstThree(["a", "b", "c"]), "a,b,c");
  equal(firstThree(["a", "b", "c", "d", "e"]), "a,b,c + 2 more...");
});
