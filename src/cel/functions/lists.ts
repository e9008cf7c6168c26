/** Lists: Kubernetes' own functions, the extended ones (version 3), and sets. */
import {
  deepTraversal,
  listFlatten,
  listRange,
  listReverse,
  listSlice,
  selfComparison,
  setComparison,
} from "#cel/cost/call-cost.ts";
import {
  Boxed,
  compare,
  Double,
  Duration,
  equal,
  fail,
  isInt,
  Uint,
  type Value,
} from "#cel/values.ts";
import { operators } from "./operators.ts";
import { overload, type Overload } from "./overload.ts";

type Int = number | bigint;
type List = readonly Value[];

const comparables = ["int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes"];

const sameType = (a: Value, b: Value): boolean =>
  isInt(a) ? isInt(b) : a instanceof Boxed ? b instanceof Boxed && a.typeName === b.typeName : true;

const compareItems = (a: Value, b: Value): number => compare(a, b) ?? fail("no such overload");

const isSorted = (list: List): boolean =>
  list.every((item, i) => i === 0 || compareItems(list[i - 1], item) <= 0);

function extreme(list: List, name: string, sign: number): Value {
  let [best] = list;
  if (list.length === 0) fail(`${name} called on empty list`);
  for (const item of list) if (compareItems(item, best) * sign > 0) best = item;
  return best;
}

const zeros: Readonly<Record<string, Value>> = {
  int: 0,
  uint: new Uint(0),
  double: new Double(0),
  duration: new Duration(0n),
};

/** The host's lists of doubles and uints hold plain numbers. */
const asItem: Readonly<Record<string, (value: Value) => Value>> = {
  int: (value) => value,
  uint: (value) => (isInt(value) ? new Uint(value) : value),
  double: (value) => (isInt(value) ? new Double(Number(value)) : value),
  duration: (value) => value,
};

/** What `+` does for a type. */
const additions = new Map(
  operators
    .filter(({ name, args }) => name === "_+_" && args[0] === args[1])
    .map(({ args, run }) => [args[0]?.name ?? "", run]),
);

function sum(type: string): (list: List) => Value {
  const add = additions.get(type === "duration" ? "google.protobuf.Duration" : type);
  const adapt = asItem[type];
  return (list) => {
    let total: Value = zeros[type];
    for (const item of list)
      total = add && adapt ? add(total, adapt(item)) : fail("no such overload");
    return total;
  };
}

const indexOf = (list: List, item: Value): number => list.findIndex((other) => equal(other, item));
const lastIndexOf = (list: List, item: Value): number =>
  list.findLastIndex((other) => equal(other, item));

function slice(list: List, start: Int, end: Int): List {
  if (start < 0 || end < 0) fail(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end)
    fail(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (list.length < end) fail(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return list.slice(Number(start), Number(end));
}

function flatten(list: List, depth: Int = 1): List {
  if (depth < 0) fail("level must be non-negative");
  return list.flat(Math.min(Number(depth), 1_000));
}

const rangeMax = 10_000_000;

function range(count: Int): List {
  if (count < 0) fail(`lists.range: size must be non-negative, got ${count}`);
  if (count > rangeMax) fail(`lists.range: size ${count} exceeds maximum allowed (${rangeMax})`);
  return Array.from({ length: Number(count) }, (_, i) => i);
}

function distinct(list: List): List {
  const found: Value[] = [];
  for (const item of list) if (!found.some((other) => equal(item, other))) found.push(item);
  return found;
}

function sortBy(list: List, keys: List): List {
  if (list.length !== keys.length)
    fail(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.length} and ${keys.length} elements respectively`,
    );
  const [first] = keys;
  if (keys.some((key) => !sameType(first, key))) fail("list elements must have the same type");
  if (keys.length > 0 && compare(first, first) === undefined && !(first instanceof Double))
    fail("list elements must be comparable");
  return keys
    .map((_, i) => i)
    .toSorted((a, b) => compare(keys[a], keys[b]) ?? 0)
    .map((i) => list[i]);
}

const contains = (list: List, part: List): boolean =>
  part.every((item) => list.some((other) => equal(item, other)));

const deep = { cost: deepTraversal };

export const listFunctions: readonly Overload[] = [
  ...comparables.flatMap((type) => [
    overload("isSorted", `list(${type}).(): bool`, isSorted, deep),
    overload("min", `list(${type}).(): ${type}`, (list: List) => extreme(list, "min", -1), deep),
    overload("max", `list(${type}).(): ${type}`, (list: List) => extreme(list, "max", 1), deep),
    overload("sort", `list(${type}).(): list(${type})`, (list: List) => sortBy(list, list), {
      cost: selfComparison(0, true),
    }),
    overload("@sortByAssociatedKeys", `list(T).(list(${type})): list(T)`, sortBy, {
      cost: selfComparison(1, true),
    }),
  ]),
  ...Object.keys(zeros).map((type) =>
    overload("sum", `list(${type}).(): ${type}`, sum(type), deep),
  ),
  overload("indexOf", "list(A).(A): int", indexOf, deep),
  overload("lastIndexOf", "list(A).(A): int", lastIndexOf, deep),
  overload("slice", "list(A).(int, int): list(A)", slice, { cost: listSlice }),
  overload("flatten", "list(list(A)).(): list(A)", flatten, { cost: listFlatten }),
  overload("flatten", "list(dyn).(int): list(dyn)", flatten, { cost: listFlatten }),
  overload("lists.range", "(int): list(int)", range, { cost: listRange }),
  overload("reverse", "list(A).(): list(A)", (list: List) => list.toReversed(), {
    cost: listReverse,
  }),
  overload("distinct", "list(A).(): list(A)", distinct, { cost: selfComparison(0, false) }),
  overload("sets.contains", "(list(A), list(A)): bool", contains, { cost: setComparison(1) }),
  overload(
    "sets.equivalent",
    "(list(A), list(A)): bool",
    (a: List, b: List) => contains(a, b) && contains(b, a),
    { cost: setComparison(2) },
  ),
  overload(
    "sets.intersects",
    "(list(A), list(A)): bool",
    (a: List, b: List) => a.some((item) => b.some((other) => equal(item, other))),
    { cost: setComparison(1) },
  ),
];
