/**
 * What calls cost, in two accounts that belong together: the actual cost of a call that was made, and the estimate
 * before any is. A unit is about 50 ns upstream. The numbers are part of the API: they decide which rules a CRD may have.
 * upstream: staging/src/k8s.io/apiserver/pkg/cel/library/cost.go, cel-go/checker/cost.go, cel-go/interpreter/runtimecost.go
 */
import { paramOf, type CelType } from "#cel/types.ts";
import { entriesOf, isMap, sizeOf, type Value } from "#cel/values.ts";
import {
  exactly,
  one,
  plus,
  scaled,
  scaledUp,
  times,
  unboundedCost,
  unknownSize,
  type Range,
} from "./range.ts";

/** An argument of a call that is estimated. */
export interface Argument {
  readonly type: CelType;
  readonly size: Range;
  /** Of its items, when it is a list. */
  readonly itemSize: Range;
  /** Its value, when it is a literal. */
  readonly literal: Value;
}

export interface Estimate {
  readonly cost: Range;
  /** Of the result; unknown when left out. */
  readonly size?: Range;
}

export interface CallCost {
  readonly actual: (args: readonly Value[], result: Value) => number;
  /** Known only afterwards. All other calls are charged before they are made: a limit keeps them from running. */
  readonly needsResult?: true;
  /** Without what its arguments cost. Of a method, the target is the first argument. */
  readonly estimate: (args: readonly Argument[]) => Estimate;
}

/** Going once through a string, for each character. */
export const perCharacter = 0.1;
const perPatternCharacter = 0.25;
export const listBase = 10;
export const mapBase = 30;
export const structBase = 40;

const sizeAt = (args: readonly Argument[], i: number): Range => args[i]?.size ?? unknownSize;
const actualSize = (value: Value): number => sizeOf(value) ?? 1;

export const fixedCost = (cost: number): CallCost => ({
  actual: () => cost,
  estimate: () => ({ cost: exactly(cost) }),
});

export const unitCost = fixedCost(1);

interface Traversal {
  /** How many times it is gone through. */
  readonly times?: number;
  readonly size?: (size: Range) => Range;
}

/** Going through the text or bytes of one argument. */
export const traversal = (argument = 0, { times: count = 1, size }: Traversal = {}): CallCost => ({
  actual: (args) => scaledUp(actualSize(args[argument]), count * perCharacter),
  estimate: (args) => {
    const of = sizeAt(args, argument);
    return { cost: scaled(of, count * perCharacter), ...(size && { size: size(of) }) };
  },
});

/** Upstream counts the text while running, and the part beforehand. */
export const edgeSearch: CallCost = {
  actual: ([text]) => scaledUp(actualSize(text), perCharacter),
  estimate: (args) => ({ cost: scaled(sizeAt(args, 1), perCharacter) }),
};

export const sameSize = (size: Range): Range => size;

/** Of two strings, one character of each at a time. */
export const comparison: CallCost = {
  actual: ([a, b]) => scaledUp(Math.min(actualSize(a), actualSize(b)), perCharacter),
  estimate: (args) => {
    const max = Math.min(sizeAt(args, 0).max, sizeAt(args, 1).max);
    return { cost: scaled({ min: max > 0 ? 1 : 0, max }, perCharacter) };
  },
};

export const concatenation: CallCost = {
  actual: ([a, b]) => scaledUp(actualSize(a) + actualSize(b), perCharacter),
  estimate: (args) => {
    const size = plus(sizeAt(args, 0), sizeAt(args, 1));
    return { cost: scaled(size, perCharacter), size };
  },
};

/**
 * What large results cost beyond upstream's account, so that a cheap expression cannot fill the memory.
 * differs: joining lists, replacing and formatting cost more when the result has a thousand items or characters
 */
const surcharge = (size: number): number => (size < 1_000 ? 0 : Math.floor(size / 20));

export const listConcatenation: CallCost = {
  actual: ([a, b]) => 1 + surcharge(actualSize(a) + actualSize(b)),
  estimate: (args) => ({ cost: one, size: plus(sizeAt(args, 0), sizeAt(args, 1)) }),
};

export const listSearch: CallCost = {
  actual: ([, list]) => actualSize(list),
  estimate: (args) => ({ cost: sizeAt(args, 1) }),
};

export const textSearch: CallCost = {
  actual: ([text, part]) =>
    scaledUp(actualSize(text), perCharacter) * scaledUp(actualSize(part), perCharacter),
  estimate: (args) => ({
    cost: times(scaled(sizeAt(args, 0), perCharacter), scaled(sizeAt(args, 1), perCharacter)),
  }),
};

/** `findsAll`: the result has at most as many parts as the text has characters. */
export const patternSearch = (findsAll: boolean): CallCost => ({
  actual: ([text, pattern]) =>
    scaledUp(1 + actualSize(text), perCharacter) *
    scaledUp(actualSize(pattern), perPatternCharacter),
  estimate: (args) => {
    const text = sizeAt(args, 0);
    const cost = times(
      scaled(plus(text, one), perCharacter),
      scaled(sizeAt(args, 1), perPatternCharacter),
    );
    return { cost, ...(findsAll && { size: { min: 0, max: text.max } }) };
  },
});

/** Matching a text with a pattern of known length. */
export const formatCheck = (
  patternSizeOf: (format: Value) => number,
  sizeMax: number,
): CallCost => ({
  actual: ([format, text]) =>
    scaledUp(1 + actualSize(text), perCharacter) *
    scaledUp(patternSizeOf(format), perPatternCharacter),
  estimate: (args) => ({
    cost: scaled(scaled(sizeAt(args, 1), perCharacter), sizeMax * perPatternCharacter),
  }),
});

/** Going through everything in a list, or through a string: `max`, `indexOf` and such. */
export const deepTraversal: CallCost = {
  actual: ([value]) => weight(value),
  estimate: ([of]) => {
    if (!of) return { cost: one };
    if (of.type.form !== "list") return { cost: scaled(of.size, perCharacter) };
    const { form } = paramOf(of.type);
    const isText = form === "string" || form === "bytes";
    const perItem = isText ? plus(one, scaled(of.itemSize, perCharacter)) : one;
    return { cost: times(of.size, perItem) };
  },
};

function weight(value: Value): number {
  if (typeof value === "string" || value instanceof Uint8Array)
    return Math.floor(Buffer.byteLength(value) * perCharacter);
  let sum = 0;
  if (Array.isArray(value)) for (const item of value) sum += weight(item);
  else if (isMap(value))
    for (const [key, item] of entriesOf(value)) sum += weight(key) + weight(item);
  else sum = 1;
  return sum;
}

export const joining: CallCost = {
  actual: ([list, separator]) => {
    const items = list as readonly Value[];
    let size = Math.max(items.length - 1, 0) * (sizeOf(separator) ?? 0);
    for (const item of items) size += actualSize(item);
    return scaledUp(size, 2 * perCharacter);
  },
  estimate: ([list, separator]) => {
    if (!list) return { cost: one };
    const gaps = { min: Math.max(list.size.min - 1, 0), max: Math.max(list.size.max - 1, 0) };
    const items = times(list.size, list.itemSize);
    const size = separator ? plus(items, times(separator.size, gaps)) : items;
    return { cost: scaled(size, perCharacter), size };
  },
};

/** Formatting is charged for what it makes. */
export const formatting: CallCost = {
  needsResult: true,
  actual: ([pattern], result) =>
    scaledUp(actualSize(pattern), perCharacter) + surcharge(actualSize(result)),
  estimate: (args) => ({ cost: scaled(sizeAt(args, 0), perCharacter) }),
};

export const splitting: CallCost = {
  actual: ([text]) => scaledUp(actualSize(text), 2 * perCharacter),
  estimate: ([text, , limit]) => {
    const size = text?.size ?? unknownSize;
    const max = typeof limit?.literal === "number" ? limit.literal : size.max;
    const most = max < 0 ? unboundedCost : max;
    return { cost: scaled(size, 2 * perCharacter), size: { min: 0, max: most } };
  },
};

/** Also says how long the result may become, before it is made. */
export const replacing: CallCost = {
  actual: ([text, from, to]) => {
    const size = actualSize(text);
    const most = longest(size, actualSize(from), actualSize(to));
    return scaledUp(size, 2 * perCharacter) + surcharge(most > size ? most - size : 0);
  },
  estimate: ([text, from, to]) => {
    const size = text?.size ?? unknownSize;
    const old = from?.size ?? unknownSize;
    const young = to?.size ?? unknownSize;
    const max = longest(size.max, old.min, young.max);
    const min = shortest(size.min, old.max, young.min);
    return { cost: scaled(size, 2 * perCharacter), size: { min, max } };
  },
};

/** Many short parts replaced by long ones. An empty part stands before and after every character. */
function longest(size: number, oldMin: number, youngMax: number): number {
  if (oldMin === 0) return Math.min((size + 1) * youngMax + size, unboundedCost);
  if (youngMax <= oldMin) return size;
  return Math.min(Math.ceil(size / oldMin) * youngMax, unboundedCost);
}

function shortest(size: number, oldMax: number, youngMin: number): number {
  if (oldMax === 0) return Math.min((size + 1) * youngMin + size, unboundedCost);
  if (oldMax <= youngMin) return size;
  return Math.min(Math.ceil(size / oldMax) * youngMin, unboundedCost);
}

/** Every item of one list with every item of the other. */
export const setComparison = (factor: number): CallCost => ({
  actual: ([a, b]) => 1 + actualSize(a) * actualSize(b) * factor,
  estimate: (args) => ({
    cost: plus(one, scaled(times(sizeAt(args, 0), sizeAt(args, 1)), factor)),
  }),
});

const newList = (size: Range, factor: number): Estimate => ({
  cost: plus(scaled(size, factor), exactly(1 + listBase)),
  size,
});

const literalNumber = (argument: Argument | undefined, otherwise: number): number =>
  typeof argument?.literal === "number" ? argument.literal : otherwise;

interface Lengths {
  readonly actual: (args: readonly Value[]) => number;
  readonly estimate: (args: readonly Argument[]) => Range;
}

/** A new list of a length that the arguments tell. */
const listCopy = ({ actual, estimate }: Lengths): CallCost => ({
  actual: (args) => Math.max(actual(args), 0) + 1 + listBase,
  estimate: (args) => newList(estimate(args), 1),
});

export const listSlice = listCopy({
  actual: ([, start, end]) => Number(end) - Number(start),
  estimate: ([list, start, end]) => {
    const to = literalNumber(end, list?.size.max ?? unboundedCost);
    return exactly(Math.max(to - literalNumber(start, 0), 0));
  },
});
export const listRange = listCopy({
  actual: ([count]) => Number(count),
  estimate: ([count]) => exactly(Math.max(literalNumber(count, unboundedCost), 0)),
});
export const listReverse = listCopy({
  actual: ([list]) => actualSize(list),
  estimate: (args) => sizeAt(args, 0),
});

export const listFlatten: CallCost = {
  actual: ([list, depth]) =>
    Math.ceil(actualSize(list) * (depth === undefined ? 1 : Number(depth))) + 1 + listBase,
  estimate: (args) => {
    const depth = args.length === 1 ? 1 : literalNumber(args[1], unboundedCost);
    return newList(sizeAt(args, 0), depth);
  },
};

/** Every item with every other: `sort`, `distinct`. `keys` is the argument that is compared. */
export const selfComparison = (keys: number, considersText: boolean): CallCost => ({
  actual: (args) => {
    const list = args[keys] as readonly Value[];
    const [first] = list;
    const isText = typeof first === "string" || first instanceof Uint8Array;
    return Math.ceil(list.length ** 2 * (isText ? 2 + perCharacter : 2)) + 1 + listBase;
  },
  estimate: (args) => {
    const { form } = paramOf(args[keys]?.type ?? { form: "dyn", name: "dyn", params: [] });
    const isText = considersText && (form === "string" || form === "bytes");
    const size = sizeAt(args, keys);
    return newList(times(size, size), isText ? 2 + perCharacter : 2);
  },
});

/** A selector, parsed: every two characters may be a requirement of its own. */
export const selectorParsing: CallCost = {
  actual: ([, selector]) => selectorCost(exactly(actualSize(selector))).max,
  estimate: (args) => ({ cost: selectorCost(sizeAt(args, 1)) }),
};

const selectorCost = (size: Range): Range =>
  plus(
    exactly(listBase),
    plus(scaled(size, perCharacter), scaled(scaled(size, 0.5), listBase + structBase)),
  );
