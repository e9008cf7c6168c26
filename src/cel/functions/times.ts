/** Timestamps and durations: their texts, their parts, in any time zone. Exact to the nanosecond. */
import { Duration, fail, nanosPerSecond, Timestamp, type Value } from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";

const timestampMin = -62_135_596_800n * nanosPerSecond;
const timestampMax = 253_402_300_800n * nanosPerSecond - 1n;
const durationMax = 2n ** 63n - 1n;

export const timestampOf = (nanos: bigint): Timestamp =>
  nanos < timestampMin || nanos > timestampMax ? fail("timestamp overflow") : new Timestamp(nanos);

export const durationOf = (nanos: bigint): Duration =>
  nanos > durationMax || nanos < -durationMax - 1n
    ? fail("duration overflow")
    : new Duration(nanos);

const rfc3339 =
  /^(\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/;

/** Undefined when it is none. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const [, time, fraction = "", zone = "Z"] = rfc3339.exec(text) ?? [];
  if (time === undefined) return undefined;
  const utc = Date.parse(`${time.toUpperCase()}Z`);
  const offset = /^z$/i.test(zone) ? 0 : offsetOf(zone);
  if (Number.isNaN(utc) || offset === undefined || isRolledOver(utc, time)) return undefined;
  const nanos = BigInt(utc - offset) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
  return nanos < timestampMin || nanos > timestampMax ? undefined : new Timestamp(nanos);
}

/** JavaScript takes February 30th for the 1st of March. */
const isRolledOver = (ms: number, time: string): boolean =>
  new Date(ms).toISOString().slice(0, 19) !== time.toUpperCase();

/** Milliseconds of "+01:30"; undefined when it is none. */
function offsetOf(zone: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(zone) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

export function formatTimestamp({ nanos }: Timestamp): string {
  const ms = Number((nanos - mod(nanos, 1_000_000n)) / 1_000_000n);
  const rest = mod(nanos, nanosPerSecond).toString().padStart(9, "0").replace(/0+$/, "");
  return `${new Date(ms).toISOString().slice(0, 19)}${rest && `.${rest}`}Z`;
}

const mod = (a: bigint, b: bigint): bigint => ((a % b) + b) % b;

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: nanosPerSecond,
  m: 60n * nanosPerSecond,
  h: 3_600n * nanosPerSecond,
};

const unit = "ns|us|µs|μs|ms|s|m|h";
const wholeDuration = new RegExp(`^[+-]?(?:0|(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:${unit}))+)$`);
const oneTerm = new RegExp(`(\\d*)\\.?(\\d*)(${unit})`, "g");
const durationTextMax = 200;

/** As Go reads them: "1h2m3.5s". Undefined when it is none. */
export function parseDurationNanos(text: string): Duration | undefined {
  if (text.length > durationTextMax || !wholeDuration.test(text)) return undefined;
  let total = 0n;
  for (const [, whole, fraction, name] of text.matchAll(oneTerm)) {
    const size = units[name ?? ""] ?? 0n;
    const decimals = fraction ?? "";
    total += BigInt(whole ?? "") * size;
    total += (BigInt(decimals) * size) / 10n ** BigInt(decimals.length);
  }
  const nanos = text.startsWith("-") ? -total : total;
  return nanos > durationMax || nanos < -durationMax - 1n ? undefined : new Duration(nanos);
}

/** In seconds, as CEL prints them: "5400.5s". */
export function formatDurationSeconds({ nanos }: Duration): string {
  const abs = nanos < 0n ? -nanos : nanos;
  const rest = (abs % nanosPerSecond).toString().padStart(9, "0").replace(/0+$/, "");
  return `${nanos < 0n ? "-" : ""}${abs / nanosPerSecond}${rest && `.${rest}`}s`;
}

/** The same moment, as a clock on a wall there would show it. */
function wallClock({ nanos }: Timestamp, zone: string | undefined): Date {
  const ms = Number((nanos - mod(nanos, 1_000_000n)) / 1_000_000n);
  return new Date(ms + (zone === undefined ? 0 : zoneOffset(ms, zone)));
}

function zoneOffset(ms: number, zone: string): number {
  const fixed = offsetOf(zone);
  if (fixed !== undefined) return fixed;
  if (zone === "" || zone === "UTC") return 0;
  try {
    const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
    const name = format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
    return offsetOf(name.slice(3)) ?? 0;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fail(`unknown time zone ${zone}`);
  }
}

const startOfYear = (date: Date): number => Date.UTC(date.getUTCFullYear(), 0, 1);

const parts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) => Math.floor((date.getTime() - startOfYear(date)) / 86_400_000),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

const wholes: Readonly<Record<string, bigint>> = {
  getHours: 3_600n * nanosPerSecond,
  getMinutes: 60n * nanosPerSecond,
  getSeconds: nanosPerSecond,
  getMilliseconds: 1_000_000n,
};

const timestampProblem = (text: string): string | undefined =>
  parseTimestamp(text) ? undefined : "invalid timestamp";
const durationProblem = (text: string): string | undefined =>
  parseDurationNanos(text) ? undefined : "invalid duration";

export const timeFunctions: readonly Overload[] = [
  overload(
    "timestamp",
    "(string): timestamp",
    (text: string) => parseTimestamp(text) ?? fail(`invalid timestamp: ${JSON.stringify(text)}`),
    { checkLiteral: timestampProblem },
  ),
  overload("timestamp", "(int): timestamp", (seconds: number | bigint) =>
    timestampOf(BigInt(seconds) * nanosPerSecond),
  ),
  overload("timestamp", "(timestamp): timestamp", (time: Timestamp) => time),
  overload(
    "duration",
    "(string): duration",
    (text: string) =>
      parseDurationNanos(text) ?? fail(`time: invalid duration ${JSON.stringify(text)}`),
    { checkLiteral: durationProblem },
  ),
  overload("duration", "(int): duration", (nanos: number | bigint) => durationOf(BigInt(nanos))),
  overload("duration", "(duration): duration", (duration: Duration) => duration),
  ...Object.entries(parts).flatMap(([name, part]) => [
    overload(name, "timestamp.(): int", (time: Timestamp): Value =>
      part(wallClock(time, undefined)),
    ),
    overload(name, "timestamp.(string): int", (time: Timestamp, zone: string): Value =>
      part(wallClock(time, zone)),
    ),
  ]),
  ...Object.entries(wholes).map(([name, size]) =>
    overload(name, "duration.(): int", ({ nanos }: Duration) => Number(nanos / size)),
  ),
];
