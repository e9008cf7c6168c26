/** From one type to another, and finding out what type something is. */
import { traversal, unitCost } from "#cel/cost/call-cost.ts";
import { unboundedCost } from "#cel/cost/range.ts";
import {
  Double,
  type Duration,
  fail,
  intOf,
  sizeOf,
  type Timestamp,
  nanosPerSecond,
  typeNameOf,
  TypeValue,
  type Uint,
  uintOf,
  type Value,
} from "#cel/values.ts";
import { formatDouble } from "./doubles.ts";
import { overload, type Overload } from "./overload.ts";
import { formatDurationSeconds, formatTimestamp } from "./times.ts";

type Int = number | bigint;

const fromDouble = ({ value }: Double): bigint =>
  Number.isFinite(value) && Math.abs(value) < 2 ** 64
    ? BigInt(Math.trunc(value))
    : fail("integer overflow");

function readWhole(text: string, pattern: RegExp): bigint {
  return pattern.test(text) ? BigInt(text.replace(/^\+/, "")) : fail(`invalid number: ${text}`);
}

/** As Go's ParseFloat, without hexadecimal. */
function readDouble(text: string): Double {
  if (/^[+-]?inf(?:inity)?$/i.test(text))
    return new Double(text.startsWith("-") ? -Infinity : Infinity);
  if (/^[+-]?nan$/i.test(text)) return new Double(Number.NaN);
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) fail(`invalid number: ${text}`);
  return new Double(Number(text));
}

const truths = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false] as const),
]);

const decoder = new TextDecoder("utf8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return fail("invalid UTF-8 in bytes, cannot convert to string");
  }
}

const size = (value: Value): Value => sizeOf(value) ?? fail("no such overload");

export const conversions: readonly Overload[] = [
  overload("int", "(int): int", (value: Int) => value),
  overload("int", "(uint): int", ({ value }: Uint) => intOf(BigInt(value))),
  overload("int", "(double): int", (value: Double) => intOf(fromDouble(value))),
  overload("int", "(string): int", (text: string) => intOf(readWhole(text, /^[+-]?\d+$/))),
  overload("int", "(timestamp): int", ({ nanos }: Timestamp) =>
    intOf(
      (nanos - (((nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond)) / nanosPerSecond,
    ),
  ),
  overload("int", "(duration): int", ({ nanos }: Duration) => intOf(nanos)),
  overload("uint", "(uint): uint", (value: Uint) => value),
  overload("uint", "(int): uint", (value: Int) => uintOf(BigInt(value))),
  overload("uint", "(double): uint", (value: Double) => uintOf(fromDouble(value))),
  overload("uint", "(string): uint", (text: string) => uintOf(readWhole(text, /^\d+$/))),
  overload("double", "(double): double", (value: Double) => value),
  overload("double", "(int): double", (value: Int) => new Double(Number(value))),
  overload("double", "(uint): double", ({ value }: Uint) => new Double(Number(value))),
  overload("double", "(string): double", readDouble),
  overload("bool", "(bool): bool", (value: boolean) => value),
  overload(
    "bool",
    "(string): bool",
    (text: string) => truths.get(text) ?? fail(`invalid bool: ${text}`),
  ),
  overload("bytes", "(bytes): bytes", (bytes: Uint8Array) => bytes),
  overload("bytes", "(string): bytes", (text: string): Value => Buffer.from(text), {
    cost: traversal(0, {
      size: ({ min, max }) => ({ min, max: Math.min(max * 4, unboundedCost) }),
    }),
  }),
  overload("string", "(string): string", (text: string) => text, {
    cost: {
      ...unitCost,
      estimate: ([of]) => ({ ...unitCost.estimate([]), ...(of && { size: of.size }) }),
    },
  }),
  overload("string", "(bool): string", String),
  overload("string", "(int): string", String),
  overload("string", "(uint): string", ({ value }: Uint) => String(value)),
  overload("string", "(double): string", ({ value }: Double) => formatDouble(value)),
  overload("string", "(bytes): string", decode, {
    cost: traversal(0, { size: ({ min, max }) => ({ min: Math.floor(min / 4), max }) }),
  }),
  overload("string", "(timestamp): string", formatTimestamp),
  overload("string", "(duration): string", formatDurationSeconds),
  overload("dyn", "(A): dyn", (value: Value) => value),
  overload("type", "(A): type(A)", (value: Value) => new TypeValue(typeNameOf(value))),
  ...["string", "bytes", "list(A)", "map(A, B)"].flatMap((of) => [
    overload("size", `(${of}): int`, size),
    overload("size", `${of}.(): int`, size),
  ]),
];
