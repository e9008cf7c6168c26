import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { formatMicroTime, formatTime } from "./clock.ts";

test("times are printed as Go prints them, whichever was printed before", () => {
  const at = Date.UTC(2030, 0, 2, 3, 4, 5, 6);
  equal(formatTime(at), "2030-01-02T03:04:05Z");
  equal(formatMicroTime(at + 993.7), "2030-01-02T03:04:05.999000Z");
  equal(formatTime(at + 994), "2030-01-02T03:04:06Z");
  equal(formatMicroTime(-1), "1969-12-31T23:59:59.999000Z");
  equal(formatTime(at), "2030-01-02T03:04:05Z");
  throws(() => formatTime(Number.NaN), RangeError);
});
