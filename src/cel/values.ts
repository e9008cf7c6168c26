/**
 * Values while an expression runs. An int is a plain number while it is safe and a bigint beyond, so that the common
 * case costs nothing; what JavaScript has no type for is a `Boxed`. Lists are arrays, maps are Maps or plain objects.
 */

/** Any of: null, boolean, number or bigint (int), string, Uint8Array, array, Map, plain object, Boxed. */
export type Value = unknown;

/** A value that would otherwise be taken for a plain object. */
export abstract class Boxed {
  abstract readonly typeName: string;
  abstract equals(other: Boxed): boolean;
}

export class Uint extends Boxed {
  readonly typeName = "uint";
  readonly value: number | bigint;
  constructor(value: number | bigint) {
    super();
    this.value = value;
  }
  equals(other: Boxed): boolean {
    return isNumeric(other) && compareNumbers(this, other) === 0;
  }
}

export class Double extends Boxed {
  readonly typeName = "double";
  readonly value: number;
  constructor(value: number) {
    super();
    this.value = value;
  }
  equals(other: Boxed): boolean {
    return isNumeric(other) && compareNumbers(this, other) === 0;
  }
}

export const nanosPerSecond = 1_000_000_000n;

/** A point in time: billionths of a second since 1970, from year 1 to 9999. */
export class Timestamp extends Boxed {
  readonly typeName = "google.protobuf.Timestamp";
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
  equals(other: Boxed): boolean {
    return other instanceof Timestamp && other.nanos === this.nanos;
  }
}

export class Duration extends Boxed {
  readonly typeName = "google.protobuf.Duration";
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }
  equals(other: Boxed): boolean {
    return other instanceof Duration && other.nanos === this.nanos;
  }
}

/** What `type(x)` gives. */
export class TypeValue extends Boxed {
  readonly typeName = "type";
  readonly name: string;
  constructor(name: string) {
    super();
    this.name = name;
  }
  equals(other: Boxed): boolean {
    return other instanceof TypeValue && other.name === this.name;
  }
}

export class Optional extends Boxed {
  readonly typeName = "optional_type";
  readonly hasValue: boolean;
  readonly value: Value;
  constructor(hasValue: boolean, value: Value) {
    super();
    this.hasValue = hasValue;
    this.value = value;
  }
  equals(other: Boxed): boolean {
    if (!(other instanceof Optional) || other.hasValue !== this.hasValue) return false;
    return !this.hasValue || equal(this.value, other.value);
  }
}

export const optionalNone = new Optional(false, undefined);
export const optionalOf = (value: Value): Optional => new Optional(true, value);

/** An evaluation that went wrong. `&&`, `||` and the quantifiers may swallow it. */
export class CelEvaluationError extends Error {
  override readonly name = "CelEvaluationError";
}

export function fail(message: string): never {
  throw new CelEvaluationError(message);
}

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);
const uint64Max = 2n ** 64n - 1n;
const safeMax = BigInt(Number.MAX_SAFE_INTEGER);

const small = (value: bigint): number | bigint =>
  value <= safeMax && value >= -safeMax ? Number(value) : value;

/** An int of this value; fails beyond 64 bits. */
export const intOf = (value: bigint, overflow = "integer overflow"): number | bigint =>
  value > int64Max || value < int64Min ? fail(overflow) : small(value);

export const uintOf = (value: bigint, overflow = "unsigned integer overflow"): Uint =>
  value > uint64Max || value < 0n ? fail(overflow) : new Uint(small(value));

export const isInt = (value: Value): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";

export const isNumeric = (value: Value): value is number | bigint | Uint | Double =>
  isInt(value) || value instanceof Double || value instanceof Uint;

/** JavaScript compares number and bigint by their exact values. */
const rawNumber = (value: number | bigint | Uint | Double): number | bigint =>
  typeof value === "object" ? value.value : value;

/** Undefined when one is not a number. */
export function compareNumbers(
  a: number | bigint | Uint | Double,
  b: number | bigint | Uint | Double,
): number | undefined {
  const left = rawNumber(a);
  const right = rawNumber(b);
  if (left < right) return -1;
  if (left > right) return 1;
  return left == right ? 0 : undefined; // oxlint-disable-line eqeqeq -- 1 == 1n must hold
}

export const isRecord = (value: Value): value is Readonly<Record<string, Value>> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Boxed) &&
  !(value instanceof Map) &&
  !(value instanceof Uint8Array);

export type CelMap = ReadonlyMap<Value, Value> | Readonly<Record<string, Value>>;

export const isMap = (value: Value): value is CelMap => value instanceof Map || isRecord(value);

/** Under which a key is kept: numbers of equal value are one key. Undefined when it can be no key at all. */
export function mapKey(key: Value): string | boolean | number | bigint | undefined {
  if (typeof key === "string" || typeof key === "boolean" || isInt(key)) return key;
  if (key instanceof Uint) return key.value;
  if (key instanceof Double && Number.isInteger(key.value)) return small(BigInt(key.value));
  return undefined;
}

/** Undefined when it is not there. */
export function findEntry(map: CelMap, key: Value): Value {
  if (map instanceof Map) return map.get(mapKey(key)) as Value;
  if (typeof key !== "string" || !Object.hasOwn(map, key)) return undefined;
  return (map as Readonly<Record<string, Value>>)[key];
}

/** Properties set to undefined do not count. */
export function* entriesOf(map: CelMap): Generator<readonly [Value, Value]> {
  if (map instanceof Map) yield* map;
  else
    for (const key of Object.keys(map)) {
      const value = (map as Readonly<Record<string, Value>>)[key];
      if (value !== undefined) yield [key, value];
    }
}

export const mapSize = (map: CelMap): number =>
  map instanceof Map ? map.size : Object.keys(map).length;

/** CEL's `==`: numbers by value whatever their types, different types are unequal. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (isNumeric(a)) return isNumeric(b) && compareNumbers(a, b) === 0;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Boxed) return b instanceof Boxed && a.equals(b);
  return equalContainers(a, b);
}

function equalContainers(a: object, b: object): boolean {
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]));
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  return isMap(a) && isMap(b) && equalMaps(a, b);
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (mapSize(a) !== mapSize(b)) return false;
  for (const [key, value] of entriesOf(a)) {
    const other = findEntry(b, key);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}

/** Below, at or above zero; undefined when they cannot be compared. */
export function compare(a: Value, b: Value): number | undefined {
  if (isNumeric(a)) return isNumeric(b) ? compareNumbers(a, b) : undefined;
  if (typeof a === "string") return typeof b === "string" ? compareStrings(a, b) : undefined;
  if (typeof a === "boolean") return typeof b === "boolean" ? Number(a) - Number(b) : undefined;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? Buffer.compare(a, b) : undefined;
  return compareTimes(a, b);
}

function compareTimes(a: Value, b: Value): number | undefined {
  const isTimestamps = a instanceof Timestamp && b instanceof Timestamp;
  const isTimes = isTimestamps || (a instanceof Duration && b instanceof Duration);
  return isTimes ? compareNumbers(a.nanos, b.nanos) : undefined;
}

/** By code points, where JavaScript's own order goes by halves of surrogate pairs. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  if (!/[\ud800-\udfff]/.test(a) && !/[\ud800-\udfff]/.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** One string for each character, as CEL counts them. */
export const codePoints = (text: string): readonly string[] => Array.from(text);

/** Long texts that were counted last: a loop asks for the size of the same one again and again. */
const counted: { readonly text: string; readonly count: number }[] = [];
const countedMax = 4;
const longText = 1_000;

/** How many characters, as CEL counts them. */
export function characters(text: string): number {
  if (text.length < longText) return count(text);
  const known = counted.find((one) => one.text === text);
  if (known) return known.count;
  const made = { text, count: count(text) };
  if (counted.unshift(made) > countedMax) counted.pop();
  return made.count;
}

function count(text: string): number {
  let surrogates = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) surrogates++;
  }
  return text.length - surrogates;
}

/** What `size()` says of it; undefined when it has no size. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === "string") return characters(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return isMap(value) ? mapSize(value) : undefined;
}

const constructed = new WeakMap<object, string>();

/** Objects that an expression made are plain ones; what it called them is kept beside. */
export function construct(typeName: string, object: object): object {
  constructed.set(object, typeName);
  return object;
}

/** Undefined for what no expression made. */
export const constructedTypeOf = (object: object): string | undefined => constructed.get(object);

export function typeNameOf(value: Value): string {
  if (value === null) return "null_type";
  if (value instanceof Boxed) return value.typeName;
  if (Array.isArray(value)) return "list";
  if (value instanceof Uint8Array) return "bytes";
  if (typeof value === "boolean") return "bool";
  if (isInt(value)) return "int";
  if (typeof value === "string") return "string";
  return constructedTypeOf(value as object) ?? "map";
}
