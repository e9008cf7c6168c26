/**
 * RFC 3339 as Go's `time.Parse` reads it and `metav1.Time` prints it: UTC, whole seconds or exactly
 * six decimals. Errors are Go's. Instants are whole seconds and nanoseconds, as protobuf has them.
 */
import { inOnePiece } from "#base/in-one-piece.ts";
import { DecodeError } from "./decode-error.ts";

export interface Instant {
  /** Since 1970. */
  readonly seconds: number;
  readonly nanos: number;
}

const zeroTime = "0001-01-01T00:00:00Z";
const zeroMicroTime = "0001-01-01T00:00:00.000000Z";
const zeroSeconds = -62_135_596_800;

/** The canonical text of a time; null for Go's zero time. */
export function canonicalTime(text: string): string | null {
  if (isCanonical(text)) return text === zeroTime ? null : text;
  const { seconds } = parse(text, plain);
  return seconds === zeroSeconds ? null : formatSeconds(seconds);
}

/** The same with microseconds. */
export function canonicalMicroTime(text: string): string | null {
  if (isCanonicalMicro(text)) return text === zeroMicroTime ? null : text;
  const instant = parse(text, micro);
  return instant.seconds === zeroSeconds && instant.nanos === 0 ? null : formatMicros(instant);
}

/** Of canonical text. */
export const secondsOf = (text: string): number => Date.parse(text) / 1_000;

/** Of canonical text. */
export const instantOf = (text: string): Instant => parse(text, micro);

export function formatSeconds(seconds: number): string {
  if (!(seconds >= secondsMin && seconds < secondsMax))
    throw new DecodeError("Time.MarshalJSON: year outside of range [0,9999]"); // exact: Go
  return inOnePiece(new Date(seconds * 1_000).toISOString().slice(0, -".000Z".length), "Z");
}

/** Years 0 to 9999. */
const secondsMin = -62_167_219_200;
const secondsMax = 253_402_300_800;

export function formatMicros({ seconds, nanos }: Instant): string {
  const micros = Math.floor(nanos / 1_000).toString();
  return inOnePiece(formatSeconds(seconds).slice(0, -1), ".", micros.padStart(6, "0"), "Z");
}

/** The common case, without a regular expression: the text that we print ourselves. */
function isCanonical(text: string): boolean {
  if (text.length !== zeroTime.length) return false;
  for (let at = 0; at < zeroTime.length; at++) {
    const isDigit = (text.charCodeAt(at) - 48) >>> 0 < 10;
    if (isDigit !== (shape.charCodeAt(at) === 48)) return false;
    if (!isDigit && text[at] !== shape[at]) return false;
  }
  const ms = Date.parse(text);
  // Date.parse rolls 02-30 over into March.
  return ms === ms && (twoDigits(text, 8) < 29 || formatSeconds(ms / 1_000) === text);
}

function isCanonicalMicro(text: string): boolean {
  const point = zeroTime.length - 1;
  if (text.length !== zeroMicroTime.length || text[point] !== "." || text.at(-1) !== "Z")
    return false;
  for (let at = point + 1; at < zeroMicroTime.length - 1; at++)
    if ((text.charCodeAt(at) - 48) >>> 0 > 9) return false;
  return isCanonical(`${text.slice(0, point)}Z`);
}

const shape = "0000-00-00T00:00:00Z";

const twoDigits = (text: string, at: number): number =>
  (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;

interface Layout {
  readonly text: string;
  readonly elements: readonly Element[];
}

/** One piece of a layout: how it looks, and what Go calls it in errors. */
interface Element {
  readonly as: string;
  readonly pattern: RegExp;
  readonly range?: readonly [name: string, min: number, max: number];
}

const literal = (text: string): Element => ({ as: text, pattern: new RegExp(text, "y") });
const two = (as: string, range: Element["range"] & {}): Element => ({
  as,
  pattern: /(\d\d)/y,
  range,
});

const dateAndTime: readonly Element[] = [
  { as: "2006", pattern: /(\d{4})/y },
  literal("-"),
  two("01", ["month", 1, 12]),
  literal("-"),
  { as: "02", pattern: /(\d\d)/y },
  literal("T"),
  two("15", ["hour", 0, 23]),
  literal(":"),
  two("04", ["minute", 0, 59]),
  literal(":"),
  two("05", ["second", 0, 59]),
];
const zone: Element = { as: "Z07:00", pattern: /(Z|[+-]\d\d:\d\d)/y };

const plain: Layout = {
  text: "2006-01-02T15:04:05Z07:00",
  elements: [...dateAndTime, { as: "", pattern: /((?:[.,]\d+)?)/y }, zone],
};
const micro: Layout = {
  text: "2006-01-02T15:04:05.000000Z07:00",
  elements: [...dateAndTime, { as: ".000000", pattern: /(\.\d{6})/y }, zone],
};

function parse(text: string, layout: Layout): Instant {
  const [year, month, day, hour, minute, second, fraction, offset] = partsOf(text, layout);
  const isWrongDay = Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month));
  if (isWrongDay) throw problem(text, ": day out of range");
  const local = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return {
    seconds: local / 1_000 - offsetSeconds(offset),
    nanos: Number(fraction.slice(1, 10).padEnd(9, "0")),
  };
}

type Parts = readonly [string, string, string, string, string, string, string, string];

function partsOf(text: string, layout: Layout): Parts {
  const parts: string[] = [];
  let at = 0;
  for (const { as, pattern, range } of layout.elements) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) {
      const names = `${JSON.stringify(text.slice(at))} as ${JSON.stringify(as)}`;
      throw problem(text, ` as ${JSON.stringify(layout.text)}: cannot parse ${names}`);
    }
    const [all, value] = found;
    if (range && (Number(value) < range[1] || Number(value) > range[2]))
      throw problem(text, `: ${range[0]} out of range`);
    if (value !== undefined) parts.push(value);
    at += all.length;
  }
  if (at < text.length) throw problem(text, `: extra text: ${JSON.stringify(text.slice(at))}`);
  return parts as unknown as Parts;
}

const problem = (text: string, what: string): DecodeError =>
  new DecodeError(`parsing time ${JSON.stringify(text)}${what}`); // exact: Go

const daysIn = (year: number, month: number): number =>
  new Date(Date.UTC(year, month, 0)).getUTCDate();

function offsetSeconds(zoneText: string): number {
  if (zoneText === "Z") return 0;
  const amount = twoDigits(zoneText, 1) * 3_600 + twoDigits(zoneText, 4) * 60;
  return zoneText.startsWith("-") ? -amount : amount;
}
