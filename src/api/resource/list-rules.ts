/** Lists and maps with a largest size; those that are too large are not looked at any further. */
import { type FieldError, duplicate, index, key, tooMany } from "#schema/field-error.ts";

export type ItemRule<T> = (item: T, at: string) => Iterable<FieldError>;

export function* checkedList<T>(
  list: readonly T[] | null | undefined,
  at: string,
  { max, check }: { readonly max: number; readonly check: ItemRule<T> },
): Iterable<FieldError> {
  const items = list ?? [];
  if (items.length > max) {
    yield tooMany(at, items.length, max);
    return;
  }
  for (const [i, item] of items.entries()) yield* check(item, index(at, i));
}

/** As `checkedList`, and no two items have the same key. */
export function* checkedSet<T>(
  list: readonly T[] | null | undefined,
  at: string,
  rules: {
    readonly max: number;
    readonly check: ItemRule<T>;
    readonly keyOf: (item: T) => string;
  },
): Iterable<FieldError> {
  const items = list ?? [];
  yield* checkedList(items, at, rules);
  if (items.length > rules.max) return;
  const seen = new Set<string>();
  for (const [i, item] of items.entries()) {
    const name = rules.keyOf(item);
    if (seen.has(name)) yield duplicate(index(at, i), name);
    seen.add(name);
  }
}

export function* checkedMap<T>(
  map: { readonly [name: string]: T } | null | undefined,
  at: string,
  rules: {
    readonly max: number;
    readonly checkKey: ItemRule<string>;
    readonly check?: ItemRule<T>;
  },
): Iterable<FieldError> {
  const entries = Object.entries(map ?? {});
  if (entries.length > rules.max) {
    yield tooMany(at, entries.length, rules.max);
    return;
  }
  for (const [name, item] of entries) {
    const path = key(at, shortened(name));
    yield* rules.checkKey(name, path);
    if (rules.check) yield* rules.check(item, path);
  }
}

/** Longer than any key that is allowed. */
const shownMax = 63 + 1 + 32;

function shortened(name: string): string {
  if (name.length <= shownMax) return name;
  const rest = shownMax - 3;
  return `${name.slice(0, Math.ceil(rest / 2))}...${name.slice(-Math.floor(rest / 2))}`;
}
