/**
 * Which of a schedule's times is due, and when to look again.
 * upstream: pkg/controller/cronjob/utils.go
 */
import { type CronSchedule, parseSchedule } from "#api/batch/cron-schedule.ts";
import type { CronJob } from "#api/batch/cronjob.ts";
import { seconds } from "#base/clock.ts";
import { nextTime } from "./next-time.ts";

/** The times after one. */
export type Times = (afterMs: number) => number | undefined;

export function timesOf({ spec }: CronJob): Times | string {
  const schedule: CronSchedule | string = parseSchedule(spec.schedule);
  if (typeof schedule === "string") return schedule;
  return (afterMs) => nextTime(schedule, spec.timeZone ?? "UTC", afterMs);
}

export interface Due {
  /** The last time that has come and is not older than what was looked for. */
  readonly timeMs: number | undefined;
  /** Including those before it; an estimate when there are many. */
  readonly missed: number;
}

/** In words when the schedule makes no sense. */
export function dueTime(times: Times, afterMs: number, now: number): Due | string {
  const first = times(afterMs);
  const second = first === undefined ? undefined : times(first);
  if (first === undefined || second === undefined) {
    // exact: kube-controller-manager
    return "time difference between two schedules is less than 1 second";
  }
  if (now < first) return { timeMs: undefined, missed: 0 };
  if (now < second) return { timeMs: first, missed: 0 };
  const intervalMs = second - first;
  const missed = Math.floor((now - first) / intervalMs) + 1;
  // Counting every time could take for ever: begin near the end.
  let latest: number | undefined;
  let time = times(first + (missed - 2) * intervalMs);
  for (; time !== undefined && time <= now; time = times(time)) latest = time;
  return { timeMs: latest, missed };
}

/** More than this, and there was no controller for long, or a clock is wrong. */
export const missedMax = 100;

const slackMs = 100;

/** Until just after the next time. */
export function nextLookIn(times: Times, afterMs: number, now: number): number | undefined {
  const due = dueTime(times, afterMs, now);
  const latest = typeof due === "string" || due.missed > 0 ? now : afterMs;
  const next = times((typeof due === "string" ? undefined : due.timeMs) ?? latest);
  return next === undefined ? undefined : Math.max(next + slackMs - now, 0);
}

/** The last time that was used, or the beginning. */
export function lastTime({ metadata, status }: CronJob): number {
  const { lastScheduleTime } = status;
  return Date.parse(lastScheduleTime ?? metadata.creationTimestamp ?? "");
}

/** What should have been started before is not started any more. */
export function deadlineStart({ spec }: CronJob, now: number): number {
  const { startingDeadlineSeconds } = spec;
  return startingDeadlineSeconds === undefined ? -Infinity : now - seconds(startingDeadlineSeconds);
}
