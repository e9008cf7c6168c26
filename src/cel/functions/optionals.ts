/** Optional values. The macros and `a.?b` are part of the language itself. */
import {
  Boxed,
  Double,
  Duration,
  fail,
  Optional,
  optionalNone,
  optionalOf,
  sizeOf,
  Timestamp,
  Uint,
  type Value,
} from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";

function isZero(value: Value): boolean {
  if (value instanceof Double || value instanceof Uint) return Number(value.value) === 0;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n;
  if (value instanceof Optional) return !value.hasValue;
  if (value instanceof Boxed) return false;
  return value === null || value === false || value === 0 || sizeOf(value) === 0;
}

const unwrap = (list: readonly Value[]): readonly Value[] =>
  list.flatMap((item) => (item instanceof Optional && item.hasValue ? [item.value] : []));

export const optionalFunctions: readonly Overload[] = [
  overload("optional.of", "(A): optional(A)", optionalOf),
  overload("optional.ofNonZeroValue", "(A): optional(A)", (value: Value) =>
    isZero(value) ? optionalNone : optionalOf(value),
  ),
  overload("optional.none", "(): optional(A)", () => optionalNone),
  overload("optional.unwrap", "(list(optional(A))): list(A)", unwrap),
  overload("unwrapOpt", "list(optional(A)).(): list(A)", unwrap),
  overload("hasValue", "optional(A).(): bool", ({ hasValue }: Optional) => hasValue),
  overload("value", "optional(A).(): A", ({ hasValue, value }: Optional) =>
    hasValue ? value : fail("optional.none() dereference"),
  ),
  overload("or", "optional(A).(optional(A)): optional(A)", (a: Optional, b: Optional) =>
    a.hasValue ? a : b,
  ),
  overload("orValue", "optional(A).(A): A", ({ hasValue, value }: Optional, other: Value) =>
    hasValue ? value : other,
  ),
  overload("first", "list(A).(): optional(A)", (list: readonly Value[]) =>
    list.length > 0 ? optionalOf(list[0]) : optionalNone,
  ),
  overload("last", "list(A).(): optional(A)", (list: readonly Value[]) =>
    list.length > 0 ? optionalOf(list.at(-1)) : optionalNone,
  ),
];
