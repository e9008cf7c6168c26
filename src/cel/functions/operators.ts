/** Operators, as functions like any other. */
import {
  comparison,
  concatenation,
  listConcatenation,
  listSearch,
  unitCost,
  type CallCost,
} from "#cel/cost/call-cost.ts";
import { scaled, one } from "#cel/cost/range.ts";
import {
  Boxed,
  compare,
  Double,
  type Duration,
  equal,
  fail,
  findEntry,
  mapKey,
  intOf,
  type Timestamp,
  type Uint,
  uintOf,
  type CelMap,
  type Value,
} from "#cel/values.ts";
import { overload, type Overload } from "./overload.ts";
import { durationOf, timestampOf } from "./times.ts";

type Int = number | bigint;

/** Small numbers need no bigint, and nearly all are. */
function add(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return intOf(BigInt(a) + BigInt(b));
}

function subtract(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return intOf(BigInt(a) - BigInt(b));
}

function multiply(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return intOf(BigInt(a) * BigInt(b));
}

const isZero = (value: Int): boolean => value === 0 || value === 0n;

function divide(a: Int, b: Int): Int {
  if (isZero(b)) fail("division by zero");
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b) + 0;
  return intOf(BigInt(a) / BigInt(b));
}

function modulo(a: Int, b: Int): Int {
  if (isZero(b)) fail("modulus by zero");
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return intOf(BigInt(a) % BigInt(b));
}

type OnUint = (a: bigint, b: bigint) => bigint;

const uintArithmetic = (operate: OnUint) => (a: Uint, b: Uint) =>
  uintOf(operate(BigInt(a.value), BigInt(b.value)));

const doubleArithmetic = (operate: (a: number, b: number) => number) => (a: Double, b: Double) =>
  new Double(operate(a.value, b.value));

const arithmetic: readonly Overload[] = [
  overload("_+_", "(int, int): int", add),
  overload(
    "_+_",
    "(uint, uint): uint",
    uintArithmetic((a, b) => a + b),
  ),
  overload(
    "_+_",
    "(double, double): double",
    doubleArithmetic((a, b) => a + b),
  ),
  overload("_+_", "(string, string): string", (a: string, b: string) => a + b, {
    cost: concatenation,
  }),
  overload(
    "_+_",
    "(bytes, bytes): bytes",
    (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]),
    {
      cost: concatenation,
    },
  ),
  overload(
    "_+_",
    "(list(A), list(A)): list(A)",
    (a: readonly Value[], b: readonly Value[]) => a.concat(b),
    { cost: listConcatenation },
  ),
  overload("_+_", "(timestamp, duration): timestamp", (a: Timestamp, b: Duration) =>
    timestampOf(a.nanos + b.nanos),
  ),
  overload("_+_", "(duration, timestamp): timestamp", (a: Duration, b: Timestamp) =>
    timestampOf(a.nanos + b.nanos),
  ),
  overload("_+_", "(duration, duration): duration", (a: Duration, b: Duration) =>
    durationOf(a.nanos + b.nanos),
  ),
  overload("_-_", "(int, int): int", subtract),
  overload(
    "_-_",
    "(uint, uint): uint",
    uintArithmetic((a, b) => a - b),
  ),
  overload(
    "_-_",
    "(double, double): double",
    doubleArithmetic((a, b) => a - b),
  ),
  overload("_-_", "(timestamp, timestamp): duration", (a: Timestamp, b: Timestamp) =>
    durationOf(a.nanos - b.nanos),
  ),
  overload("_-_", "(timestamp, duration): timestamp", (a: Timestamp, b: Duration) =>
    timestampOf(a.nanos - b.nanos),
  ),
  overload("_-_", "(duration, duration): duration", (a: Duration, b: Duration) =>
    durationOf(a.nanos - b.nanos),
  ),
  overload("_*_", "(int, int): int", multiply),
  overload(
    "_*_",
    "(uint, uint): uint",
    uintArithmetic((a, b) => a * b),
  ),
  overload(
    "_*_",
    "(double, double): double",
    doubleArithmetic((a, b) => a * b),
  ),
  overload("_/_", "(int, int): int", divide),
  overload(
    "_/_",
    "(uint, uint): uint",
    uintArithmetic((a, b) => (b === 0n ? fail("division by zero") : a / b)),
  ),
  overload(
    "_/_",
    "(double, double): double",
    doubleArithmetic((a, b) => a / b),
  ),
  overload("_%_", "(int, int): int", modulo),
  overload(
    "_%_",
    "(uint, uint): uint",
    uintArithmetic((a, b) => (b === 0n ? fail("modulus by zero") : a % b)),
  ),
  overload("-_", "(int): int", (a: Int) => subtract(0, a)),
  overload("-_", "(double): double", ({ value }: Double) => new Double(-value)),
  overload("!_", "(bool): bool", (a: boolean) => !a),
];

const order = (a: Value, b: Value, is: (sign: number) => boolean): boolean => {
  const sign = compare(a, b);
  return sign !== undefined && is(sign);
};

const relations: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  "_<_": (a, b) => order(a, b, (sign) => sign < 0),
  "_<=_": (a, b) => order(a, b, (sign) => sign <= 0),
  "_>_": (a, b) => order(a, b, (sign) => sign > 0),
  "_>=_": (a, b) => order(a, b, (sign) => sign >= 0),
};

/** JavaScript compares number with number, and with bigint, just as ints compare. */
const intRelations: Readonly<Record<string, (a: Int, b: Int) => boolean>> = {
  "_<_": (a, b) => a < b,
  "_<=_": (a, b) => a <= b,
  "_>_": (a, b) => a > b,
  "_>=_": (a, b) => a >= b,
};

const ordered = ["bool", "uint", "double", "timestamp", "duration", "string", "bytes"];
const numbers = ["int", "uint", "double"];

const mixedNumbers = numbers.flatMap((a) =>
  numbers.filter((b) => b !== a).map((b) => `(${a}, ${b}): bool`),
);

const relational: readonly Overload[] = Object.entries(relations).flatMap(([name, is]) => [
  overload(name, "(int, int): bool", intRelations[name] ?? is),
  ...ordered.map((type) =>
    overload(name, `(${type}, ${type}): bool`, is, {
      cost: type === "string" || type === "bytes" ? comparison : unitCost,
    }),
  ),
  ...mixedNumbers.map((signature) => overload(name, signature, is)),
]);

const formatSizeMax = 64;

/** Types of Kubernetes' own are compared at once, except that URLs and formats are estimated by their size. */
const equality: CallCost = {
  actual: (args, result) => (args[0] instanceof Boxed ? 1 : comparison.actual(args, result)),
  estimate: (args) => {
    const [a, b] = args;
    if (!a || !b || a.type.form !== "opaque" || a.type.name !== b.type.name)
      return comparison.estimate(args);
    if (a.type.name === "optional_type") return comparison.estimate(args);
    if (a.type.name === "kubernetes.NamedFormat")
      return { cost: scaled({ min: 1, max: formatSizeMax }, 0.1) };
    if (a.type.name === "kubernetes.URL") return { cost: scaled({ min: 1, max: b.size.max }, 0.1) };
    return { cost: one };
  },
};

export const operators: readonly Overload[] = [
  ...arithmetic,
  ...relational,
  overload("_==_", "(A, A): bool", equal, { cost: equality }),
  overload("_!=_", "(A, A): bool", (a: Value, b: Value) => !equal(a, b), { cost: comparison }),
  overload("_&&_", "(bool, bool): bool", (a: boolean, b: boolean) => a && b),
  overload("_||_", "(bool, bool): bool", (a: boolean, b: boolean) => a || b),
  overload("_?_:_", "(bool, A, A): A", (is: boolean, yes: Value, no: Value) => (is ? yes : no)),
  overload(
    "@in",
    "(A, list(A)): bool",
    (item: Value, list: readonly Value[]) => list.some((other) => equal(item, other)),
    { cost: listSearch },
  ),
  overload("@in", "(A, map(A, B)): bool", (key: Value, map: CelMap) =>
    map instanceof Map ? map.has(mapKey(key)) : findEntry(map, key) !== undefined,
  ),
  // How these read is built into the evaluator; here is only what they may be applied to.
  ...["(list(A), int): A", "(map(A, B), A): B"].map((signature) =>
    overload("_[_]", signature, () => fail("no such overload")),
  ),
  ...["(optional(list(A)), int): optional(A)", "(optional(map(A, B)), A): optional(B)"].flatMap(
    (signature) =>
      ["_[_]", "_[?_]"].map((name) => overload(name, signature, () => fail("no such overload"))),
  ),
  ...["(list(A), int): optional(A)", "(map(A, B), A): optional(B)"].map((signature) =>
    overload("_[?_]", signature, () => fail("no such overload")),
  ),
];
