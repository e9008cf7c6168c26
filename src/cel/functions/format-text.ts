/** `"%s of %d".format([...])`. exact: cel-go, in results and in messages */
import {
  Boxed,
  Double,
  Duration,
  entriesOf,
  fail,
  isInt,
  isMap,
  Timestamp,
  typeNameOf,
  TypeValue,
  Uint,
  type Value,
} from "#cel/values.ts";
import { formatScientific, formatSpecial } from "./doubles.ts";
import { formatDurationSeconds, formatTimestamp } from "./times.ts";

const clause = /%(?:\.(\d+))?([^]?)/gu;

export function formatText(pattern: string, args: readonly Value[]): string {
  let next = 0;
  let length = 0;
  const text = pattern.replaceAll(clause, (_, precision: string | undefined, verb: string) => {
    if (verb === "%") return "%";
    const format = verbs[verb];
    if (!format) {
      const problem =
        verb === "" ? "unexpected end of string" : `unrecognized formatting clause "${verb}"`;
      return fail(`could not parse formatting clause: ${problem}`);
    }
    if (next >= args.length) fail(`index ${next} out of range`);
    const part = format(args[next++], precision === undefined ? undefined : Number(precision));
    length += part.length;
    if (length > lengthMax) fail(`formatted text is longer than ${lengthMax} characters`);
    return part;
  });
  return text;
}

/** More than one evaluation may ever pay for. */
const lengthMax = 10_000_000;

type Format = (value: Value, precision: number | undefined) => string;

const precisionMax = 100;

const verbs: Readonly<Record<string, Format>> = {
  s: (value) => formatValue(value),
  d: (value) => {
    if (value instanceof Double)
      return formatSpecial(value.value) ?? wrong("decimal", "integers", value);
    return String(integer(value) ?? wrong("decimal", "integers", value));
  },
  f: (value, precision = 6) => fixed(value, precision, "fixed-point"),
  e: (value, precision = 6) => {
    const number = decimal(value) ?? wrong("scientific", "doubles", value);
    return formatSpecial(number) ?? formatScientific(number, precision);
  },
  b: (value) => {
    if (typeof value === "boolean") return value ? "1" : "0";
    return inBase(integer(value) ?? wrong("binary", "integers and bools", value), 2);
  },
  x: (value) => hexadecimal(value),
  X: (value) => hexadecimal(value).toUpperCase(),
  o: (value) => inBase(integer(value) ?? wrong("octal", "integers", value), 8),
};

const wrong = (clauseName: string, accepted: string, value: Value): never =>
  fail(
    `error during formatting: ${clauseName} clause can only be used on ${accepted}, was given ${typeNameOf(value)}`,
  );

const integer = (value: Value): number | bigint | undefined => {
  if (value instanceof Uint) return value.value;
  return isInt(value) ? value : undefined;
};

function decimal(value: Value): number | undefined {
  if (value instanceof Double) return value.value;
  const whole = integer(value);
  return whole === undefined ? undefined : Number(whole);
}

function fixed(value: Value, precision: number, name: string): string {
  if (precision > precisionMax) fail(`precision ${precision} exceeds the maximum ${precisionMax}`);
  const number = decimal(value) ?? wrong(name, "doubles", value);
  return formatSpecial(number) ?? number.toFixed(precision);
}

const inBase = (value: number | bigint, base: number): string => value.toString(base);

function hexadecimal(value: Value): string {
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  const whole = integer(value) ?? wrong("hex", "integers, byte buffers, and strings", value);
  return inBase(whole, 16);
}

function formatValue(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || isInt(value)) return String(value);
  if (value instanceof Boxed) return formatBoxed(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`;
  return isMap(value) ? formatMap(value) : unformattable(value);
}

function formatBoxed(value: Boxed): string {
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Double) return formatSpecial(value.value) ?? String(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDurationSeconds(value);
  return value instanceof TypeValue ? value.name : unformattable(value);
}

const unformattable = (value: Value): never =>
  fail(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );

function formatMap(map: Parameters<typeof entriesOf>[0]): string {
  const entries = [...entriesOf(map)].map(
    ([key, value]) => [formatValue(key), formatValue(value)] as const,
  );
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return `{${sorted.map(([key, value]) => `${key}: ${value}`).join(", ")}}`;
}
