/**
 * Indexes of an indexed job, as its status and its success policy write them: `1,3-5,7`.
 * upstream: pkg/apis/batch/validation/validation.go#validateIndexesFormat
 */
export type Interval = readonly [first: number, last: number];

export interface Indexes {
  readonly intervals: readonly Interval[];
  /** How many indexes there are. */
  readonly total: number;
}

/** What is wrong with the text, in words, or the indexes below `completions` that it means. */
export function parseIndexes(text: string, completions: number): Indexes | string {
  const intervals: Interval[] = [];
  let total = 0;
  for (const part of text === "" ? [] : text.split(",")) {
    const interval = parseInterval(part, completions);
    if (typeof interval === "string") return interval;
    const before = intervals.at(-1)?.[1];
    if (before !== undefined && before >= interval[0]) return disorder(before, interval[0]);
    intervals.push(interval);
    total += interval[1] - interval[0] + 1;
  }
  return { intervals, total };
}

// exact: apiserver, all messages below
const disorder = (previous: number, current: number): string =>
  `non-increasing order, previous: ${previous}, current: ${current}`;

function parseInterval(text: string, completions: number): Interval | string {
  const shown = JSON.stringify(text);
  const parts = text.split("-");
  if (parts.length > 2) {
    return `the fragment ${shown} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  const limits: number[] = [];
  for (const part of parts) {
    const limit = /^[+]?[0-9]+$/.test(part) ? Number(part) : undefined;
    if (limit === undefined) {
      return `cannot convert string to integer for index: ${JSON.stringify(part)}`;
    }
    if (limit >= completions) return `too large index: ${JSON.stringify(part)}`;
    limits.push(limit);
  }
  const [first = 0, last = first] = limits;
  return limits.length === 2 && first >= last ? disorder(first, last) : [first, last];
}

/** The first index that is in both texts; intervals that cannot be read are passed over. */
export function overlapOf(one: string, other: string, completions: number): number | undefined {
  const ours = readable(one, completions);
  for (const [first, last] of readable(other, completions)) {
    const shared = ours.find(([from, to]) => from <= last && first <= to);
    if (shared) return Math.max(shared[0], first);
  }
  return undefined;
}

const readable = (text: string, completions: number): readonly Interval[] =>
  text
    .split(",")
    .map((part) => parseInterval(part, completions))
    .filter((interval) => typeof interval !== "string");
