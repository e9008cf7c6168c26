/**
 * What somebody owns who made an object: all that it has beyond an empty one. The same as comparing it with the empty one,
 * in one walk, and without making anything where the object has the same fields as one before it.
 */
import { equal } from "#schema/copy.ts";
import { FieldSet } from "#schema/fieldset.ts";
import { setOf } from "./field-set-of.ts";
import { decided, isMap, isNothing, type JsonMap, type RecordShape, type Shape } from "./shape.ts";
import { alike, innerShape, stepOf, whole } from "./whole.ts";

export interface Guides {
  /** Paths to leave out, though not what lies below them. */
  readonly except: FieldSet | undefined;
  /** Of an object before: where the result is equal to it, it is this very set. */
  readonly like: FieldSet | undefined;
}

interface Pair {
  readonly before: unknown;
  readonly after: unknown;
}

const allInside = { self: false, all: true } as const;
const noGuides: Guides = { except: undefined, like: undefined };

/** Undefined where it takes a comparison to tell. */
export function newFieldsIn(shape: Shape, pair: Pair, guides: Guides): FieldSet | undefined {
  const { before, after } = pair;
  if (before === undefined) return without(guides.except, whole(shape, after, guides.like));
  const known = decided(shape, after);
  if (known.is !== decided(shape, before).is) return undefined;
  const isBelow = known.is === "record" || known.is === "list";
  if (!isBelow || (isNothing(known, before) && isNothing(known, after)))
    return equal(before, after) ? FieldSet.empty : without(guides.except, FieldSet.leaf);
  if (known.is === "record") return newMembers(known, pair, guides);
  if (!isNothing(known, before)) return undefined;
  return without(guides.except, alike(setOf(known, after, allInside), guides.like));
}

function without(except: FieldSet | undefined, set: FieldSet): FieldSet {
  if (!except) return set;
  return except.isMember && set === FieldSet.leaf ? FieldSet.empty : set.difference(except);
}

const emptyMap: JsonMap = {};

function newMembers(shape: RecordShape, pair: Pair, guides: Guides): FieldSet | undefined {
  const { like } = guides;
  const walk: Walk = {
    shape,
    before: isMap(pair.before) ? pair.before : emptyMap,
    after: isMap(pair.after) ? pair.after : emptyMap,
    guides,
  };
  if (like && !like.isMember && hasMembers(walk, like)) return like;
  const children = new Map<string, FieldSet>();
  for (const key in walk.after) {
    const child = memberIn(walk, key);
    if (!child) return undefined;
    if (!child.isEmpty) children.set(stepOf(shape, key), child);
  }
  return FieldSet.of(false, children);
}

interface Walk {
  readonly shape: RecordShape;
  readonly before: JsonMap;
  readonly after: JsonMap;
  readonly guides: Guides;
}

/** They are those of `like`, one by one. */
function hasMembers(walk: Walk, like: FieldSet): boolean {
  let count = 0;
  for (const key in walk.after) {
    const child = memberIn(walk, key);
    if (!child) return false;
    if (child.isEmpty) continue;
    if (child !== like.children.get(stepOf(walk.shape, key))) return false;
    count += 1;
  }
  return count === like.children.size;
}

function memberIn({ shape, before, after, guides }: Walk, key: string): FieldSet | undefined {
  const inner = innerShape(shape, key);
  if (!inner || before[key] === after[key]) return FieldSet.empty;
  // It says that it has nothing there: that is a removal.
  if (after[key] === undefined) return undefined;
  const step = stepOf(shape, key);
  const except = guides.except?.children.get(step);
  // Most of the metadata of an object.
  if (except?.isMember && inner.is === "leaf") return FieldSet.empty;
  const like = guides.like?.children.get(step);
  const inside = except || like ? { except, like } : noGuides;
  return newFieldsIn(inner, { before: before[key], after: after[key] }, inside);
}
