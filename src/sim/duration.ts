/** Durations as tests say them: "30 days", "1h30m", "2 weeks", "250ms"; or milliseconds. */
export type Duration = number | string;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
};

const term = /\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gy;

/** Throws on what is none. */
export function durationMs(duration: Duration): number {
  if (typeof duration === "number") {
    if (duration >= 0) return duration;
    throw new RangeError(`a duration is not negative: ${duration}`);
  }
  let total = 0;
  let end = 0;
  for (const match of duration.matchAll(term)) {
    const [all, amount, unit = ""] = match;
    const ms = unitMs[unit] ?? unitMs[unit.replace(/s$/, "")];
    if (ms === undefined) break;
    total += Number(amount) * ms;
    end = match.index + all.length;
  }
  if (end > 0 && end === duration.length) return total;
  const example = '"30 days", "1h30m" or a number of milliseconds';
  throw new RangeError(`${JSON.stringify(duration)} is no duration: say ${example}`);
}
