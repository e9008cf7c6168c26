import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalDuration, durationProblem, formatDuration, parseDuration } from "./duration.ts";

describe("parsing a duration", () => {
  for (const [text, ms] of [
    ["0", 0],
    ["-0", 0],
    ["5s", 5_000],
    ["1h2m3.5s", 3_723_500],
    ["300ms", 300],
    ["-1.5h", -5_400_000],
    ["+.5s", 500],
    ["5.s", 5_000],
    ["1us", 0.001],
    ["1\u00b5s1\u03bcs", 0.002],
    ["100ns", 0.0001],
    ["0.100000000000000000000h", 360_000],
    ["39h9m14.425s", 140_954_425],
    ["10s10s", 20_000],
  ] as const) {
    test(`${text} is ${ms} ms`, () => equal(parseDuration(text), ms));
  }

  for (const [text, problem] of [
    ["", `time: invalid duration ""`],
    ["3", `time: missing unit in duration "3"`],
    ["-", `time: invalid duration "-"`],
    ["s", `time: invalid duration "s"`],
    [".", `time: invalid duration "."`],
    [".s", `time: invalid duration ".s"`],
    ["1d", `time: unknown unit "d" in duration "1d"`],
    ["1h 2m", `time: unknown unit "h " in duration "1h 2m"`],
    ["3000000h", `time: invalid duration "3000000h"`],
    ["9223372036854775808ns", `time: invalid duration "9223372036854775808ns"`],
    [`${"9".repeat(100_000)}s`, undefined],
  ] as const) {
    test(`${JSON.stringify(text.slice(0, 30))} is none`, () => {
      equal(parseDuration(text), undefined);
      if (problem) equal(durationProblem(text), problem);
    });
  }
});

test("durations print as Go prints them", () => {
  deepEqual(
    [0, 90_000, 3_600_000, 1_500, 250, 0.0015, 0.0001, -90_000, 60_000].map(formatDuration),
    ["0s", "1m30s", "1h0m0s", "1.5s", "250ms", "1.5\u00b5s", "100ns", "-1m30s", "1m0s"],
  );
});

test("the canonical form is exact to the nanosecond", () => {
  deepEqual(
    ["2562047h47m16.854775807s", "-2562047h47m16.854775808s", "90s"].map(canonicalDuration),
    ["2562047h47m16.854775807s", "-2562047h47m16.854775808s", "1m30s"],
  );
});
