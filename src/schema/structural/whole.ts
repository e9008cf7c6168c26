/**
 * Everything that a value has, as a set of fields. Values of one type mostly have the same fields as the one before: then
 * it is that very set, and nothing is made. Equal sets that are one are quick to compare, and have one JSON.
 */
import { type FieldSet, fieldStep } from "#schema/fieldset.ts";
import { setOf } from "./field-set-of.ts";
import { decided, isMap, type JsonMap, type RecordShape, type Shape } from "./shape.ts";

const all = { self: true, all: true } as const;

/** Of the last value that had the type. */
const latest = new WeakMap<Shape, FieldSet>();

/** Everything in a value, and its own path. */
export function wholeOf(shape: Shape, value: unknown): FieldSet {
  const set = whole(shape, value, latest.get(shape));
  if (set.children.size > 0) latest.set(shape, set);
  return set;
}

/** The same; the very set `like` where it is equal. */
export function whole(shape: Shape, value: unknown, like: FieldSet | undefined): FieldSet {
  const known = decided(shape, value);
  if (known.is !== "record") return alike(setOf(known, value, all), like);
  if (like?.isMember && isMap(value) && isWhole(known, value, like)) return like;
  return setOf(known, value, all);
}

function isWhole(shape: RecordShape, value: JsonMap, like: FieldSet): boolean {
  let count = 0;
  for (const key in value) {
    const inner = innerShape(shape, key);
    if (value[key] === undefined || !inner) continue;
    const likeChild = like.children.get(stepOf(shape, key));
    if (!likeChild || whole(inner, value[key], likeChild) !== likeChild) return false;
    count += 1;
  }
  return count === like.children.size;
}

export const alike = (set: FieldSet, like: FieldSet | undefined): FieldSet =>
  like && set.equals(like) ? like : set;

export const innerShape = ({ fields, rest }: RecordShape, key: string): Shape | undefined => {
  const field = fields.get(key);
  return field ? field.shape() : rest;
};

export const stepOf = ({ fields }: RecordShape, key: string): string =>
  fields.get(key)?.step ?? fieldStep(key);
