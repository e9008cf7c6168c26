/**
 * Schedules as cron writes them: five fields, or a word for the common ones. Texts and errors are
 * those of the parser that upstream uses (github.com/robfig/cron, version 3).
 */
import { parseDuration } from "#base/duration.ts";

/** The values of one field at which it fits. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** It was left open (`*`): of the two fields for days, one that was does not count. */
  readonly isOpen: boolean;
}

/** At fixed times of the calendar. */
export interface CalendarSchedule {
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  /** 0 is Sunday. */
  readonly dayOfWeek: CronField;
  /** As in `CRON_TZ=Europe/Berlin 0 3 * * *`; new schedules say it elsewhere. */
  readonly timeZone?: string;
}

export type CronSchedule = CalendarSchedule | { readonly everyMs: number };

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const days = "sun mon tue wed thu fri sat".split(" ");
const bounds = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: months },
  dayOfWeek: { min: 0, max: 6, names: days },
} as const satisfies { readonly [field: string]: Bounds };

const words: { readonly [word: string]: string } = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Why a text is no schedule. */
class Problem extends Error {}

/** The schedule, or what is wrong with the text. */
export function parseSchedule(text: string): CronSchedule | string {
  try {
    return parse(text);
  } catch (cause) {
    if (cause instanceof Problem) return cause.message;
    throw cause;
  }
}

function parse(text: string): CronSchedule {
  if (text === "") throw new Problem("empty spec string");
  const zoned = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/s.exec(text);
  if (zoned) return parseZoned(zoned[1] ?? "", (zoned[2] ?? "").trim());
  return text.startsWith("@") ? parseWord(text) : parseFields(text);
}

function parseZoned(zone: string, rest: string): CronSchedule {
  if (zone !== "" && !isTimeZone(zone)) {
    throw new Problem(`provided bad location ${zone}: unknown time zone ${zone}`);
  }
  const schedule = rest.startsWith("@") ? parseWord(rest) : parseFields(rest);
  return "everyMs" in schedule ? schedule : { ...schedule, timeZone: zone || "UTC" };
}

const every = "@every ";

function parseWord(word: string): CronSchedule {
  const fields = words[word];
  if (fields !== undefined) return parseFields(fields);
  if (!word.startsWith(every)) throw new Problem(`unrecognized descriptor: ${word}`);
  const duration = word.slice(every.length);
  const ms = parseDuration(duration);
  if (ms === undefined) {
    const why = `time: invalid duration ${JSON.stringify(duration)}`;
    throw new Problem(`failed to parse duration ${word}: ${why}`);
  }
  return { everyMs: Math.max(1_000, ms - (ms % 1_000)) };
}

function parseFields(text: string): CalendarSchedule {
  const fields = text.split(/\s+/).filter((field) => field !== "");
  if (fields.length !== 5) {
    const found = `found ${fields.length}: [${fields.join(" ")}]`;
    throw new Problem(`expected exactly 5 fields, ${found}`);
  }
  const [minute = "", hour = "", dayOfMonth = "", month = "", dayOfWeek = ""] = fields;
  return {
    minute: parseField(minute, bounds.minute),
    hour: parseField(hour, bounds.hour),
    dayOfMonth: parseField(dayOfMonth, bounds.dayOfMonth),
    month: parseField(month, bounds.month),
    dayOfWeek: parseField(dayOfWeek, bounds.dayOfWeek),
  };
}

function parseField(text: string, limits: Bounds): CronField {
  const values = new Set<number>();
  let isOpen = false;
  for (const part of text.split(",").filter((item) => item !== "")) {
    const { start, end, step, isAll } = parseRange(part, limits);
    for (let value = start; value <= end; value += step) values.add(value);
    isOpen ||= isAll && step === 1;
  }
  return { values, isOpen };
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly isAll: boolean;
}

/** `5`, `1-5` or all, perhaps with a step: `5/10`, `1-5/2`. */
function parseRange(text: string, limits: Bounds): Range {
  const [span = "", stepText, ...surplus] = text.split("/");
  const { start, end, isAll } = parseSpan(span, text, limits);
  if (surplus.length > 0) throw new Problem(`too many slashes: ${text}`);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  const goesOn = stepText !== undefined && !span.includes("-");
  const range = { start, end: goesOn ? limits.max : end, step, isAll };
  checkRange(range, text, limits);
  return range;
}

function parseSpan(span: string, text: string, limits: Bounds): Omit<Range, "step"> {
  const [low = "", high, ...more] = span.split("-");
  if (low === "*" || low === "?") return { start: limits.min, end: limits.max, isAll: true };
  const start = parseValue(low, limits);
  if (more.length > 0) throw new Problem(`too many hyphens: ${text}`);
  return { start, end: high === undefined ? start : parseValue(high, limits), isAll: false };
}

function checkRange({ start, end, step }: Range, text: string, { min, max }: Bounds): void {
  const beginning = `beginning of range (${start})`;
  if (start < min) throw new Problem(`${beginning} below minimum (${min}): ${text}`);
  if (end > max) throw new Problem(`end of range (${end}) above maximum (${max}): ${text}`);
  if (start > end) throw new Problem(`${beginning} beyond end of range (${end}): ${text}`);
  if (step === 0) throw new Problem(`step of range should be a positive number: ${text}`);
}

function parseValue(text: string, { min, names }: Bounds): number {
  const named = names?.indexOf(text.toLowerCase()) ?? -1;
  return named < 0 ? parseNumber(text) : named + min;
}

function parseNumber(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    const why = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw new Problem(`failed to parse int from ${text}: ${why}`);
  }
  const value = Number(text);
  if (value < 0) throw new Problem(`negative number (${value}) not allowed: ${text}`);
  return value;
}

/** Of the IANA database: `Europe/Berlin`, `UTC`. */
export function isTimeZone(name: string): boolean {
  // Offsets, which JavaScript would take as well, are none.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
