/**
 * From what the host has to what an expression works with, at the moment it is read and no sooner: JSON has one
 * sort of number, and times and bytes are texts. Values that come from the expression itself pass through unchanged.
 */
import { parseDurationNanos, parseTimestamp } from "#cel/functions/times.ts";
import type { CelType } from "#cel/types.ts";
import { Double, fail, intOf, Uint, uintOf, type Value } from "#cel/values.ts";

export type Adapter = (value: Value) => Value;

const adapters: Readonly<Partial<Record<CelType["form"], Adapter>>> = {
  int: adaptNumber,
  dyn: adaptNumber,
  param: adaptNumber,
  uint: (value) =>
    typeof value === "number" || typeof value === "bigint" ? uintOf(BigInt(value)) : value,
  double: (value) =>
    typeof value === "number" || typeof value === "bigint" ? new Double(Number(value)) : value,
  timestamp: (value) => {
    if (value instanceof Date) return parseTimestamp(value.toISOString());
    return typeof value === "string"
      ? (parseTimestamp(value) ?? fail(`cannot parse timestamp: ${value}`))
      : value;
  },
  duration: (value) =>
    typeof value === "string"
      ? (parseDurationNanos(value) ?? fail(`cannot parse duration: ${value}`))
      : value,
  bytes: (value) => (typeof value === "string" ? Buffer.from(value, "base64") : value),
};

/** Undefined when values of the type need none. */
export const adapterFor = (type: CelType): Adapter | undefined => adapters[type.form];

function adaptNumber(value: Value): Value {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    return Number.isInteger(value) && Math.abs(value) < 2 ** 63
      ? intOf(BigInt(value))
      : new Double(value);
  return value;
}

/** What the host gets: plain numbers, and bigint for what they cannot hold. */
export function toHost(value: Value): Value {
  if (value instanceof Double || value instanceof Uint) return value.value;
  if (Array.isArray(value)) return value.some(isBoxed) ? value.map(toHost) : value;
  if (value instanceof Map)
    return new Map([...value].map(([key, item]: readonly [Value, Value]) => [key, toHost(item)]));
  return value;
}

const isBoxed = (value: Value): boolean => typeof value === "object" && value !== null;
