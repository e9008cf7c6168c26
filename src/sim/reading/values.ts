/** Values that files of the simulator share: durations, spans, quantities. */
import { quantityOf } from "#base/quantity.ts";
import type { Placed } from "#base/yaml-places.ts";
import { durationMs } from "../duration.ts";
import type { Span } from "../nodes/span.ts";
import type { Amount, Growth } from "../nodes/usage.ts";
import { expected, map, type Reader, required, valueOf } from "./reader.ts";

export const duration: Reader<number> = valueOf("a duration such as 90s, 5m or 2 days", (value) =>
  typeof value === "string" ? read(durationMs, value) : value === 0 ? 0 : undefined,
);

/** `never` is longer than any run. */
const endless: Reader<number> = (placed, report) =>
  placed.is === "value" && placed.value === "never" ? Infinity : duration(placed, report);

function read<T>(parse: (text: string) => T, text: string): T | undefined {
  try {
    return parse(text);
  } catch {
    return undefined; // The reader says what was expected.
  }
}

const forms = {
  "min and max": map("a span", { min: required(duration), max: required(duration) }),
  "median and p99": map("a span", { median: required(duration), p99: required(duration) }),
  "mean and deviation": map("a span", { mean: required(duration), deviation: required(duration) }),
  exponential: map("a span", { exponential: required(duration) }),
} as const;

const formOf = (placed: Placed): Reader<Span> | undefined => {
  if (placed.is !== "map") return undefined;
  const names = new Set(placed.entries.map(({ name }) => name));
  const found = Object.entries(forms).find(([form]) =>
    form.split(" and ").some((n) => names.has(n)),
  );
  return found?.[1];
};

/** A duration, or a distribution of them. */
export const span: Reader<Span> = (placed, report) => {
  const form = formOf(placed);
  if (form) return ordered(form(placed, report), placed, report);
  const what = `a duration, or a map with ${Object.keys(forms).join(", or ")}`;
  if (placed.is !== "value") return expected(what, placed, report);
  return endless(placed, (problem) => expected(what, { ...placed, ...problem }, report));
};

const ordered: (span: Span | undefined, ...rest: Parameters<Reader<Span>>) => Span | undefined = (
  read_,
  placed,
  report,
) => {
  const isUpsideDown =
    typeof read_ === "object" &&
    (("min" in read_ && read_.min > read_.max) || ("median" in read_ && read_.median > read_.p99));
  return isUpsideDown ? expected("the smaller duration first", placed, report) : read_;
};

export const quantity: Reader<string> = valueOf("a quantity such as 250m or 128Mi", (value) => {
  const text = String(value);
  return typeof value === "boolean" || !read(quantityOf, text) ? undefined : text;
});

const amounts = map("an amount", { min: required(quantity), max: required(quantity) });

/** A quantity, or anything between two. */
export const amount: Reader<Amount> = (placed, report) => {
  if (placed.is !== "map") return quantity(placed, report);
  const between = amounts(placed, report);
  return between && isLess(between.max, between.min)
    ? expected(smallerFirst, placed, report)
    : between;
};

const smallerFirst = "the smaller amount first";
const isLess = (a: string, b: string): boolean => quantityOf(a).compare(quantityOf(b)) < 0;

const growths = map("a growing amount", {
  from: required(amount),
  to: required(amount),
  over: required(span),
});

const isGrowth = (placed: Placed): boolean =>
  placed.is === "map" && placed.entries.some(({ name }) => name in growthNames);
const growthNames = { from: true, to: true, over: true };

/** An amount, or from one to another over so long. */
export const growingAmount: Reader<Amount | Growth> = (placed, report) => {
  if (!isGrowth(placed)) return amount(placed, report);
  const growth = growths(placed, report);
  if (!growth) return undefined;
  const { from, to, over: overMs } = growth;
  return isLess(most(to), least(from))
    ? expected(smallerFirst, placed, report)
    : { from, to, overMs };
};

const least = (of: Amount): string => (typeof of === "string" ? of : of.min);
const most = (of: Amount): string => (typeof of === "string" ? of : of.max);
