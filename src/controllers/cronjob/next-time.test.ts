import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { type CronSchedule, parseSchedule } from "#api/batch/cron-schedule.ts";
import { hours, minutes } from "#base/clock.ts";
import { nextTime, zonedText } from "./next-time.ts";

function scheduleOf(text: string): CronSchedule {
  const schedule = parseSchedule(text);
  if (typeof schedule === "string") throw new Error(schedule);
  return schedule;
}

/** The next times, as a clock in the zone shows them. */
function times(
  text: string,
  zone: string,
  { after, count = 3 }: { after: string; count?: number },
) {
  const schedule = scheduleOf(text);
  const shown: string[] = [];
  for (let time: number | undefined = Date.parse(after); shown.length < count;) {
    time = nextTime(schedule, zone, time);
    if (time === undefined) break;
    shown.push(zonedText(time, zone));
  }
  return shown;
}

for (const [text, after, expected] of [
  ["*/15 * * * *", "2030-01-01T00:00:00Z", "2030-01-01T00:15:00Z"],
  ["0 * * * *", "2030-01-01T00:59:59.900Z", "2030-01-01T01:00:00Z"],
  ["@hourly", "2030-01-01T00:00:00Z", "2030-01-01T01:00:00Z"],
  ["@every 90m", "2030-01-01T00:00:00.700Z", "2030-01-01T01:30:00Z"],
  ["30 6-16/4 * * 1-5", "2030-01-04T15:00:00Z", "2030-01-07T06:30:00Z"],
  ["0 0 29 2 *", "2030-01-01T00:00:00Z", "2032-02-29T00:00:00Z"],
  ["0 0 13 * 5", "2030-01-01T00:00:00Z", "2030-01-04T00:00:00Z"],
  ["0 0 31 12 *", "2030-12-31T00:00:00Z", "2031-12-31T00:00:00Z"],
] as const) {
  test(`${text} comes after ${after} at ${expected}`, () => {
    deepEqual(times(text, "UTC", { after, count: 1 }), [expected]);
  });
}

test("a day that no year has never comes", () => {
  equal(nextTime(scheduleOf("59 23 31 2 *"), "UTC", 0), undefined);
});

test("an hour that the clock jumps over is left out, one that comes twice counts twice", () => {
  deepEqual(times("30 2 * * *", "America/New_York", { after: "2030-03-09T00:00:00Z" }), [
    "2030-03-09T02:30:00-05:00",
    "2030-03-11T02:30:00-04:00",
    "2030-03-12T02:30:00-04:00",
  ]);
  deepEqual(times("30 1 * * *", "America/New_York", { after: "2030-11-02T12:00:00Z" }), [
    "2030-11-03T01:30:00-04:00",
    "2030-11-03T01:30:00-05:00",
    "2030-11-04T01:30:00-05:00",
  ]);
});

test("the time zone of the schedule itself counts more", () => {
  deepEqual(times("CRON_TZ=Asia/Kolkata 0 9 * * *", "UTC", { after: "2030-01-01T00:00:00Z" }), [
    "2030-01-01T03:30:00Z",
    "2030-01-02T03:30:00Z",
    "2030-01-03T03:30:00Z",
  ]);
});

interface Minute {
  readonly time: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

/** What a clock shows, minute by minute. */
const minutesFrom = (start: number, end: number, zone: string): readonly Minute[] =>
  Array.from({ length: (end - start) / minutes(1) }, (_, i) => {
    const time = start + minutes(i);
    const [date = "", clock = ""] = zonedText(time, zone).split("T");
    const [hour = 0, minute = 0] = clock.split(":").map(Number);
    return { time, day: +date.slice(8), weekday: new Date(date).getUTCDay(), hour, minute };
  });

/** The slow and obvious way. */
function fits(schedule: CronSchedule, { day, weekday, hour, minute }: Minute): boolean {
  if ("everyMs" in schedule) throw new Error("no calendar");
  const { dayOfMonth, dayOfWeek } = schedule;
  const days = [dayOfMonth.values.has(day), dayOfWeek.values.has(weekday)];
  const fitsDay = dayOfMonth.isOpen || dayOfWeek.isOpen ? days.every(Boolean) : days.some(Boolean);
  return schedule.minute.values.has(minute) && schedule.hour.values.has(hour) && fitsDay;
}

/** Zones with a day each on which something odd happens; two of them set their clock at midnight. */
const oddDays = [
  ["America/New_York", "2030-03-10"],
  ["America/New_York", "2030-11-03"],
  ["Europe/Berlin", "2030-03-31"],
  ["Europe/Berlin", "2030-10-27"],
  ["Australia/Lord_Howe", "2030-04-07"],
  ["Australia/Lord_Howe", "2030-10-06"],
  ["America/Santiago", "2022-09-11"],
  ["America/Santiago", "2022-04-03"],
  ["Africa/Cairo", "2024-04-26"],
  ["Africa/Cairo", "2024-11-01"],
  ["Asia/Kolkata", "2030-01-01"],
] as const;

for (const [zone, day] of oddDays) {
  test(`around ${day} in ${zone}, it is what going minute by minute finds`, () => {
    const [start, end] = [Date.parse(day) - hours(40), Date.parse(day) + hours(60)];
    const all = minutesFrom(start, end, zone);
    for (const text of [
      "0 0 * * *",
      "30 1 * * *",
      "15 2,3 * * 0,5",
      "*/45 * * * *",
      "5 0 1,3 * *",
    ]) {
      const schedule = scheduleOf(text);
      const due = all.filter((minute) => fits(schedule, minute)).map(({ time }) => time);
      const found: number[] = [];
      let time = nextTime(schedule, zone, start - 1);
      for (; time !== undefined && time < end; time = nextTime(schedule, zone, time))
        found.push(time);
      deepEqual(found, due, text);
      for (let from = start; from < end; from += minutes(317)) {
        const next = due.find((candidate) => candidate > from);
        if (next !== undefined) equal(nextTime(schedule, zone, from), next, `${text} ${from}`);
      }
    }
  });
}
