/**
 * Lists under a strategic merge patch: items found by merge key, and the order of the result, which
 * follows $setElementOrder or the patch, then the live list.
 */
import { equal } from "#schema/copy.ts";
import { goKind, goText } from "#schema/json/go-text.ts";
import { isMap, type JsonMap, PatchError } from "./patch-error.ts";

export type List = readonly unknown[];

// exact: apimachinery, all messages in this file

export const noMergeKey = (item: unknown, mergeKey: string): PatchError =>
  new PatchError(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`);

export const wrongKind = (expected: "map" | "list", actual: unknown): PatchError => {
  const wanted = expected === "map" ? {} : [];
  return new PatchError(`expected a ${goKind(wanted)}, but received a ${goKind(actual)}`);
};

/** What items are told apart by; the items themselves when they are scalars. */
export function identity(item: unknown, mergeKey: string): unknown {
  if (mergeKey === "") return item;
  if (!isMap(item)) throw wrongKind("map", item);
  const value = item[mergeKey];
  if (value === undefined) throw noMergeKey(item, mergeKey);
  return value;
}

/** Whether the items are maps. Throws when they differ in kind, or are lists. */
export function areMaps(...lists: readonly List[]): boolean {
  const [first, ...rest] = lists.flat();
  if (first === undefined) throw new PatchError("no elements in any of the given slices");
  if (Array.isArray(first)) throw new PatchError("lists of lists are not supported");
  if (rest.some((item) => goKind(item) !== goKind(first)))
    throw new PatchError(`list element types are not identical: ${goText(lists)}`);
  return isMap(first);
}

/** The place of the item with that merge key; -1 when there is none. */
export function findByKey(list: List, mergeKey: string, value: unknown): number {
  return list.findIndex((item, i) => {
    if (!isMap(item)) throw new PatchError(`value for key ${i} is not a map.`);
    return item[mergeKey] === value;
  });
}

export const uniqueScalars = (list: List): List => [...new Set(list)];

export const withoutScalars = (list: List, gone: List): List => {
  const dropped = new Set(gone);
  return list.filter((item) => !dropped.has(item));
};

interface Ordering {
  /** How the items that it lists are to stand. */
  readonly wanted: List;
  /** How the others stood. */
  readonly live: List;
  readonly mergeKey: string;
}

/** Both orders are kept; where they leave a choice, the live one decides. */
export function ordered(items: List, { wanted, live, mergeKey }: Ordering): unknown[] {
  const byWanted = placesOf(wanted, mergeKey);
  const byLive = placesOf(live, mergeKey);
  const rank = (places: Places, item: unknown): number =>
    places.get(identity(item, mergeKey)) ?? places.size;
  const sortedBy = (places: Places, list: List): List =>
    list.toSorted((a, b) => rank(places, a) - rank(places, b));

  const isWanted = (item: unknown): boolean => byWanted.has(identity(item, mergeKey));
  const patched = sortedBy(byWanted, items.filter(isWanted));
  const others = sortedBy(
    byLive,
    items.filter((item) => !isWanted(item)),
  );
  return interleaved(others, patched, (a, b) => {
    const [placeA, placeB] = [a, b].map((item) => byLive.get(identity(item, mergeKey)));
    return placeA !== undefined && placeB !== undefined && placeA < placeB;
  });
}

type Places = ReadonlyMap<unknown, number>;

function placesOf(list: List, mergeKey: string): Places {
  const places = new Map<unknown, number>();
  for (const [place, item] of list.entries()) {
    const id = identity(item, mergeKey);
    if (!places.has(id)) places.set(id, place);
  }
  return places;
}

/** Each of the others stands before the first patched item that it stood before. */
function interleaved(
  others: List,
  patched: List,
  isBefore: (a: unknown, b: unknown) => boolean,
): unknown[] {
  const result: unknown[] = [];
  let [o, p] = [0, 0];
  while (o < others.length && p < patched.length)
    result.push(isBefore(others[o], patched[p]) ? others[o++] : patched[p++]);
  return [...result, ...others.slice(o), ...patched.slice(p)];
}

/** The items of a patch must stand in it as $setElementOrder says. */
export function checkOrder(patch: List, wanted: List, mergeKey: string): void {
  if (wanted.length === 0 || patch.length === 0) return;
  const items = patch.filter((item) => !hasDirective(item));
  let at = 0;
  for (const place of wanted) {
    const item = items[at];
    if (item === undefined) break;
    if (equal(identity(item, mergeKey), identity(place, mergeKey))) at += 1;
  }
  if (at < items.length) {
    const [given, order] = [goText(patch), goText(wanted)];
    throw new PatchError(
      `the order in patch list:\n${given}\n doesn't match $setElementOrder list:\n${order}\n`,
    );
  }
}

export const hasDirective = (item: unknown): item is JsonMap =>
  isMap(item) && item["$patch"] !== undefined;
