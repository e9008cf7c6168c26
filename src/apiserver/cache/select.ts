import { breathe, type Clock } from "#base/clock.ts";
import type { Sealed } from "#api/request.ts";
import type { Selection } from "./selection.ts";

/** How many objects are looked at before others get their turn. */
const sliceSize = 1_000;

const never = new AbortController().signal;

export interface SelectOptions {
  readonly selection: Selection;
  readonly clock: Clock;
  /** Stops after so many. */
  readonly limit?: number;
}

/** Those that match. Long lists are gone through in slices, so that nobody waits for it. */
export async function selectFrom<T extends Sealed>(
  items: readonly T[],
  { selection, clock, limit = Infinity }: SelectOptions,
): Promise<T[]> {
  const { isEverything, matches } = selection;
  if (isEverything && limit >= items.length) return [...items];
  const selected: T[] = [];
  for (let at = 0; at < items.length; at++) {
    const item = items[at] as T;
    if (!isEverything && !matches(item.object)) continue;
    selected.push(item);
    if (selected.length >= limit) break;
    if (at % sliceSize === sliceSize - 1) await breathe(clock, never);
  }
  return selected;
}
