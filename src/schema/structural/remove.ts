/**
 * Takes the fields of a set out of a value, or everything else.
 * upstream: sigs.k8s.io/structured-merge-diff/typed/remove.go
 */
import { type FieldSet, fieldStep } from "#schema/fieldset.ts";
import { isEmpty } from "#schema/layout.ts";
import { decided, isMap, itemStep, type ListShape, type RecordShape, type Shape } from "./shape.ts";

/** Null when nothing is left of a container. */
export function without(shape: Shape, value: unknown, set: FieldSet): unknown {
  if (set.children.size === 0) return value;
  const known = decided(shape, value);
  if (known.is === "record") return recordWithout(known, value, set);
  if (known.is === "list") return listWithout(known, value, set);
  // Atomic: the set has a part of it, so it cannot stay as it is.
  return typeof value === "object" ? null : value;
}

function recordWithout(shape: RecordShape, value: unknown, set: FieldSet): unknown {
  if (!isMap(value)) return null;
  const left: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const { step, shape: innerShape } = memberOf(shape, key);
    const part = set.children.get(step);
    if (part?.isMember) continue;
    left.push([key, part && innerShape ? without(innerShape, inner, part) : inner]);
  }
  return left.length > 0 ? Object.fromEntries(left) : null;
}

function memberOf(shape: RecordShape, key: string): { step: string; shape: Shape | undefined } {
  const field = shape.fields.get(key);
  if (field) return { step: field.step, shape: field.shape() };
  return { step: fieldStep(key), shape: shape.rest };
}

function listWithout(shape: ListShape, value: unknown, set: FieldSet): unknown {
  if (!Array.isArray(value)) return null;
  const left: unknown[] = [];
  for (const item of value) {
    const part = set.children.get(itemStep(shape, item));
    if (part?.isMember) continue;
    const kept = part ? without(shape.item, item, part) : item;
    // Of an item that nothing is left of, nobody could say which one it was.
    if (kept !== null) left.push(kept);
  }
  return left.length > 0 ? left : null;
}

/** Of a list or record; null when it has none of the set. What is atomic comes as a whole. */
export function only(shape: Shape, value: unknown, set: FieldSet): unknown {
  const known = decided(shape, value);
  if (known.is === "record") return recordOnly(known, value, set);
  return known.is === "list" ? listOnly(known, value, set) : value;
}

function recordOnly(shape: RecordShape, value: unknown, set: FieldSet): unknown {
  if (!isMap(value) || isEmpty(value)) return value;
  const kept: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const { step, shape: innerShape } = memberOf(shape, key);
    const part = set.children.get(step);
    if (part) kept.push([key, innerShape ? only(innerShape, inner, part) : inner]);
  }
  return kept.length > 0 ? Object.fromEntries(kept) : null;
}

function listOnly(shape: ListShape, value: unknown, set: FieldSet): unknown {
  if (!Array.isArray(value)) return null;
  const kept: unknown[] = [];
  for (const item of value) {
    const part = set.children.get(itemStep(shape, item));
    if (part) kept.push(identified(shape, item, only(shape.item, item, part)));
  }
  return kept.length > 0 ? kept : null;
}

/** An item without the fields that identify it would be nobody's. */
function identified(shape: ListShape, item: unknown, kept: unknown): unknown {
  if (!isMap(item)) return kept;
  const keys = shape.keys.filter(({ name }) => item[name] !== undefined);
  const identity = Object.fromEntries(keys.map(({ name }) => [name, item[name]]));
  return { ...identity, ...(isMap(kept) ? kept : {}) };
}
