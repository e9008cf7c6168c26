/**
 * Sets of completion indexes, as ordered intervals that do not touch: a million indexes that are
 * done cost no more than one.
 * upstream: pkg/controller/job/indexed_job_utils.go#orderedIntervals
 */
import type { Interval } from "#api/batch/indexes.ts";

export type IndexSet = readonly Interval[];

/** As a status has it: `1,3-5,7`. What is not below `completions` is left out: jobs may shrink. */
export function parseIndexSet(text: string, completions: number): IndexSet {
  const intervals: Interval[] = [];
  for (const part of text === "" ? [] : text.split(",")) {
    const [first = Number.NaN, last = first] = part.split("-").map(Number);
    if (Number.isNaN(first) || Number.isNaN(last)) continue;
    if (first >= completions) break;
    intervals.push([first, Math.min(last, completions - 1)]);
  }
  return union(intervals, []);
}

export const formatIndexSet = (set: IndexSet): string =>
  set.map(([first, last]) => intervalText(first, last)).join(",");

function intervalText(first: number, last: number): string {
  if (first === last) return String(first);
  return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
}

export const indexSetOf = (indexes: Iterable<number>): IndexSet =>
  union(
    Array.from(indexes)
      .toSorted((a, b) => a - b)
      .map((index) => [index, index] as const),
    [],
  );

/** Each of them in order. */
export function union(one: IndexSet, other: IndexSet): IndexSet {
  const merged: [first: number, last: number][] = [];
  let [i, j] = [0, 0];
  while (i < one.length || j < other.length) {
    const [a, b] = [one[i], other[j]];
    const next = a && (!b || a[0] < b[0]) ? a : b;
    if (!next) break;
    if (next === a) i++;
    else j++;
    const last = merged.at(-1);
    if (last && next[0] <= last[1] + 1) last[1] = Math.max(last[1], next[1]);
    else merged.push([next[0], next[1]]);
  }
  return merged;
}

export const sizeOfSet = (set: IndexSet): number =>
  set.reduce((total, [first, last]) => total + last - first + 1, 0);

export function hasIndex(set: IndexSet, index: number): boolean {
  let [low, high] = [0, set.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[middle]?.[1] ?? 0) >= index) high = middle;
    else low = middle + 1;
  }
  const found = set[low];
  return found !== undefined && found[0] <= index;
}

/** How many indexes are in both. */
export function sharedCount(one: IndexSet, other: IndexSet): number {
  let [i, j, count] = [0, 0, 0];
  for (let a = one[0], b = other[0]; a && b; a = one[i], b = other[j]) {
    count += Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]) + 1);
    if (a[1] <= b[1]) i++;
    else j++;
  }
  return count;
}

/** The first `count` indexes below `end` that are not in the set. */
export function firstMissing(set: IndexSet, count: number, end: number): readonly number[] {
  const missing: number[] = [];
  let candidate = 0;
  for (const [first, last] of [...set, [end, end] as const]) {
    for (; candidate < Math.min(first, end) && missing.length < count; candidate++) {
      missing.push(candidate);
    }
    candidate = Math.max(candidate, last + 1);
  }
  return missing;
}
