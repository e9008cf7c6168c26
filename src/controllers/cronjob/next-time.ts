/**
 * When a schedule comes due next. Days without the hour that is asked for (the clock is set
 * forward) are left out, and hours that come twice count twice, as with the parser that upstream
 * uses (github.com/robfig/cron).
 */
import type { CalendarSchedule, CronField, CronSchedule } from "#api/batch/cron-schedule.ts";
import { hours, minutes, seconds } from "#base/clock.ts";

/** The first time after `afterMs`; undefined when there is none within five years: a 31st of February. */
export function nextTime(
  schedule: CronSchedule,
  zone: string,
  afterMs: number,
): number | undefined {
  const wholeSecond = Math.floor(afterMs / 1_000) * 1_000;
  if ("everyMs" in schedule) return wholeSecond + schedule.everyMs;
  const clock = wallClock(schedule.timeZone ?? zone);
  const endYear = clock(afterMs).year + 5;
  let time = Math.floor(wholeSecond / minutes(1)) * minutes(1) + minutes(1);
  for (let local = clock(time); local.year <= endYear; local = clock(time)) {
    const later = laterTime(schedule, local, time);
    if (later === undefined) return time;
    time = later.by === "day" ? startOfDay(clock, later.localMs, time) : later.timeMs;
  }
  return undefined;
}

type Later =
  | { readonly by: "time"; readonly timeMs: number }
  /** The day that begins at this wall clock time. */
  | { readonly by: "day"; readonly localMs: number };

/** No time before it fits. Undefined: this one does. */
function laterTime(schedule: CalendarSchedule, local: WallTime, timeMs: number): Later | undefined {
  const { year, month, day, hour, minute } = local;
  if (!schedule.month.values.has(month)) return { by: "day", localMs: Date.UTC(year, month, 1) };
  if (!fitsDay(schedule, local)) return { by: "day", localMs: Date.UTC(year, month - 1, day + 1) };
  if (!schedule.hour.values.has(hour)) {
    return { by: "time", timeMs: timeMs + hours(1) - minutes(minute) };
  }
  if (schedule.minute.values.has(minute)) return undefined;
  const ahead = Array.from(schedule.minute.values).filter((value) => value > minute);
  return { by: "time", timeMs: timeMs + minutes(Math.min(...ahead, 60) - minute) };
}

/** Where both days are asked for, one of them is enough. */
function fitsDay({ dayOfMonth, dayOfWeek }: CalendarSchedule, { day, weekday }: WallTime): boolean {
  const fits = (field: CronField, value: number): boolean => field.values.has(value);
  return dayOfMonth.isOpen || dayOfWeek.isOpen
    ? fits(dayOfMonth, day) && fits(dayOfWeek, weekday)
    : fits(dayOfMonth, day) || fits(dayOfWeek, weekday);
}

/** The first moment of a day, midnight or not; always later than `timeMs`. */
function startOfDay(clock: WallClock, localMs: number, timeMs: number): number {
  const guess = localMs - clock(timeMs).offsetMs;
  // The clock is set between the two: the offset that holds at the guess is the better one.
  const better = localMs - clock(guess - 1).offsetMs;
  return Math.max(
    Math.min(guess, better) > timeMs ? Math.min(guess, better) : guess,
    timeMs + minutes(1),
  );
}

/** What a clock on the wall shows. Months count from 1, and Sunday is 0. */
interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly weekday: number;
  /** How far it is ahead of UTC. */
  readonly offsetMs: number;
}

type WallClock = (timeMs: number) => WallTime;

/** Making one takes longer than asking it a hundred times; there are few zones. */
const wallClocks = new Map<string, WallClock>();

function wallClock(zone: string): WallClock {
  const known = wallClocks.get(zone) ?? (zone === "UTC" ? utcClock : zonedClock(zone));
  wallClocks.set(zone, known);
  return known;
}

const utcClock: WallClock = (timeMs) => wallTime(timeMs, 0);

function zonedClock(zone: string): WallClock {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (timeMs) => {
    const parts = new Map(format.formatToParts(timeMs).map(({ type, value }) => [type, +value]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const localMs = Date.UTC(
      of("year"),
      of("month") - 1,
      of("day"),
      of("hour"),
      of("minute"),
      of("second"),
    );
    return wallTime(timeMs, localMs - Math.floor(timeMs / 1_000) * 1_000);
  };
}

function wallTime(timeMs: number, offsetMs: number): WallTime {
  const local = new Date(timeMs + offsetMs);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    weekday: local.getUTCDay(),
    offsetMs,
  };
}

/** An RFC 3339 time as it is called in the zone. */
export function zonedText(timeMs: number, zone: string): string {
  const { offsetMs } = wallClock(zone)(timeMs);
  const text = new Date(timeMs + offsetMs).toISOString().slice(0, "2006-01-02T15:04:05".length);
  if (offsetMs === 0) return `${text}Z`;
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const ahead = Math.abs(offsetMs) / seconds(1);
  return `${text}${offsetMs < 0 ? "-" : "+"}${pad(ahead / 3_600)}:${pad((ahead / 60) % 60)}`;
}
