import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type CalendarSchedule, isTimeZone, parseSchedule } from "./cron-schedule.ts";

const calendar = (text: string): CalendarSchedule => {
  const parsed = parseSchedule(text);
  if (typeof parsed === "string" || "everyMs" in parsed)
    throw new Error(`not of a calendar: ${text}`);
  return parsed;
};

const valuesOf = (text: string, field: keyof Omit<CalendarSchedule, "timeZone">) =>
  [...calendar(text)[field].values].toSorted((a, b) => a - b);

test("fields are values, ranges, steps and names", () => {
  const text = "*/20 8-17/3 1,15 jan-MAR sun,6";
  deepEqual(valuesOf(text, "minute"), [0, 20, 40]);
  deepEqual(valuesOf(text, "hour"), [8, 11, 14, 17]);
  deepEqual(valuesOf(text, "dayOfMonth"), [1, 15]);
  deepEqual(valuesOf(text, "month"), [1, 2, 3]);
  deepEqual(valuesOf(text, "dayOfWeek"), [0, 6]);
  deepEqual(valuesOf("50/5 0 * * ?", "minute"), [50, 55]);
});

test("only a field that is left open without a step is open", () => {
  const { minute, hour, dayOfMonth, dayOfWeek } = calendar("*/2 * ? * 1");
  deepEqual(
    [minute, hour, dayOfMonth, dayOfWeek].map(({ isOpen }) => isOpen),
    [false, true, true, false],
  );
});

test("words stand for common schedules", () => {
  deepEqual(parseSchedule("@daily"), parseSchedule("0 0 * * *"));
  deepEqual(parseSchedule("@weekly"), parseSchedule("0 0 * * 0"));
  deepEqual(parseSchedule("@every 1h30m"), { everyMs: 5_400_000 });
});

test("a time zone may stand before the fields", () => {
  equal(calendar("CRON_TZ=Europe/Berlin 0 3 * * *").timeZone, "Europe/Berlin");
  equal(calendar("TZ=UTC 0 3 * * *").timeZone, "UTC");
});

test("what is no schedule is told why", () => {
  const problems: { readonly [text: string]: string } = {
    "": "empty spec string",
    "* * * *": "expected exactly 5 fields, found 4: [* * * *]",
    "* * * * * *": "expected exactly 5 fields, found 6: [* * * * * *]",
    "60 * * * *": "end of range (60) above maximum (59): 60",
    "* * 0 * *": "beginning of range (0) below minimum (1): 0",
    "* 5-1 * * *": "beginning of range (5) beyond end of range (1): 5-1",
    "*/0 * * * *": "step of range should be a positive number: */0",
    "1-2-3 * * * *": "too many hyphens: 1-2-3",
    "1/2/3 * * * *": "too many slashes: 1/2/3",
    "a * * * *": 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax',
    "* * * * 7": "end of range (7) above maximum (6): 7",
    "@sometimes": "unrecognized descriptor: @sometimes",
    "@every x": 'failed to parse duration @every x: time: invalid duration "x"',
    "TZ=Nowhere 0 3 * * *": "provided bad location Nowhere: unknown time zone Nowhere",
  };
  for (const [text, problem] of Object.entries(problems)) equal(parseSchedule(text), problem);
});

test("time zones have names", () => {
  for (const name of ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]) {
    equal(isTimeZone(name), true);
  }
  for (const name of ["", "+05:30", "Europe/Nowhere", "5"]) equal(isTimeZone(name), false);
});
