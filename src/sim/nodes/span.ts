/** How long something takes: always the same, or drawn from the seed each time. */
import { unreachable } from "#base/assert.ts";
import type { Random } from "#base/random.ts";

/** In milliseconds. */
export type Span =
  | number
  /** Anything in between is equally likely. */
  | { readonly min: number; readonly max: number }
  /** Mostly near the median, sometimes much longer (log-normal): as start-up times are. */
  | { readonly median: number; readonly p99: number }
  /** Around the mean (normal), never below zero. */
  | { readonly mean: number; readonly deviation: number }
  /** As long as things last that end by chance; the mean is given. */
  | { readonly exponential: number };

/** How many standard deviations above the median 99 % lie below. */
const deviationsOfP99 = 2.326_347_874;

export function drawSpan(span: Span, random: Random): number {
  if (typeof span === "number") return span;
  if ("min" in span) return Math.round(span.min + (span.max - span.min) * random.next());
  if ("median" in span) {
    const deviation = Math.log(Math.max(span.p99 / span.median, 1)) / deviationsOfP99;
    return Math.round(span.median * Math.exp(deviation * normal(random)));
  }
  if ("deviation" in span)
    return Math.max(Math.round(span.mean + span.deviation * normal(random)), 0);
  if ("exponential" in span) return Math.round(-span.exponential * Math.log(1 - random.next()));
  return unreachable(span);
}

/** Box and Muller: two even draws make a normal one. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
