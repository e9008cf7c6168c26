/** Copies, freezes and compares plain JSON data: what objects are made of. */
import type { Draft } from "./struct.ts";

/** A deep copy that may be written to. */
export const draftOf = <T>(value: T): Draft<T> => copy(value) as Draft<T>;

/** The same, but what the value shares with `like` stays shared and may not be written to. */
export function draftBeside<T extends object>(value: T, like: object): Draft<T> {
  const draft = { ...value } as Record<string, unknown>;
  const same = like as Keyed;
  for (const key in draft) {
    const inner = draft[key];
    if (typeof inner !== "object" || inner === null || inner === same[key]) continue;
    const isBoth = !Array.isArray(inner) && typeof same[key] === "object" && same[key] !== null;
    draft[key] = isBoth ? draftBeside(inner, same[key] as object) : copy(inner);
  }
  return draft as Draft<T>;
}

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  const copied: Record<string, unknown> = { ...value };
  for (const key in copied) {
    const inner = copied[key];
    if (typeof inner === "object" && inner !== null) copied[key] = copy(inner);
  }
  return copied;
}

/** The same object, which nobody can write to any more. What is frozen already is taken to be so all through. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}

/** Deep equality. The order of keys does not count, and a key that is undefined is absent. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  return !Array.isArray(b) && equalObjects(a as Keyed, b as Keyed);
}

type Keyed = Readonly<Record<string, unknown>>;

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false;
  return true;
}

function equalObjects(a: Keyed, b: Keyed): boolean {
  let difference = 0;
  for (const key in a) {
    if (a[key] === undefined) continue;
    if (!equal(a[key], b[key])) return false;
    difference += 1;
  }
  for (const key in b) if (b[key] !== undefined) difference -= 1;
  return difference === 0;
}
