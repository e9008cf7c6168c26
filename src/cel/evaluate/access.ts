/** Reading fields, entries and items. */
import {
  fail,
  findEntry,
  isMap,
  isRecord,
  mapKey,
  Optional,
  optionalNone,
  optionalOf,
  type Value,
} from "#cel/values.ts";
import type { Adapter } from "./adapt.ts";

/** Undefined when it is not there. */
export type Reader = (container: Value) => Value;

/** Names that every JavaScript object answers to. */
const isInherited = (property: string): boolean => property in Object.prototype;

/** Reads one field, of objects and of maps with text keys. */
export function fieldReader(property: string, adapt: Adapter | undefined): Reader {
  const mustOwn = isInherited(property);
  const read: Reader = (container) => {
    if (container instanceof Map) return container.get(property);
    if (!isRecord(container)) return fail("no such overload");
    return !mustOwn || Object.hasOwn(container, property) ? container[property] : undefined;
  };
  return adapt ? (container) => adapt(read(container)) : read;
}

/** Undefined when there is no such entry or item. */
export function readIndex(container: Value, key: Value): Value {
  if (Array.isArray(container)) {
    const at = mapKey(key);
    return typeof at === "number" ? (container as readonly Value[])[at] : undefined;
  }
  return isMap(container) ? findEntry(container, key) : fail("no such overload");
}

export function missing(container: Value, key: Value): never {
  if (!Array.isArray(container)) fail(`no such key: ${String(mapKey(key) ?? key)}`);
  const at = mapKey(key);
  if (typeof at !== "number" && typeof at !== "bigint") fail("unsupported index type in list");
  return fail(`index out of bounds: ${at}`);
}

/** What is read from nothing is nothing; what is there is an optional. */
export function readOptionally(container: Value, read: Reader): Value {
  if (container instanceof Optional)
    return container.hasValue ? readOptionally(container.value, read) : optionalNone;
  const value = read(container);
  if (value instanceof Optional) return value;
  return value === undefined ? optionalNone : optionalOf(value);
}
