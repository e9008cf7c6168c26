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
  const maps = {
    before: isMap(pair.before) ? pair.before : emptyMap,
    after: isMap(pair.after) ? pair.after : emptyMap,
  };
  if (like && !like.isMember && hasMembers(shape, maps, guides)) return like;
  const children = new Map<string, FieldSet>();
  for (const key in maps.after) {
    const step = stepOf(shape, key);
    const child = memberIn(shape, { key, ...maps }, guidesAt(guides, step));
    if (!child) return undefined;
    if (!child.isEmpty) children.set(step, child);
  }
  return FieldSet.of(false, children);
}

/** They are those of `like`, one by one. */
function hasMembers(
  shape: RecordShape,
  maps: { readonly before: JsonMap; readonly after: JsonMap },
  guides: Guides,
): boolean {
  let count = 0;
  for (const key in maps.after) {
    const here = guidesAt(guides, stepOf(shape, key));
    const child = memberIn(shape, { key, ...maps }, here);
    if (!child || (!child.isEmpty && child !== here.like)) return false;
    if (!child.isEmpty) count += 1;
  }
  return count === guides.like?.children.size;
}

interface Member {
  readonly key: string;
  readonly before: JsonMap;
  readonly after: JsonMap;
}

function memberIn(
  shape: RecordShape,
  { key, before, after }: Member,
  guides: Guides,
): FieldSet | undefined {
  const inner = innerShape(shape, key);
  if (!inner || before[key] === after[key]) return FieldSet.empty;
  // It says that it has nothing there: that is a removal.
  if (after[key] === undefined) return undefined;
  return newFieldsIn(inner, { before: before[key], after: after[key] }, guides);
}

function guidesAt({ except, like }: Guides, step: string): Guides {
  const here = except?.children.get(step);
  const likeHere = like?.children.get(step);
  return here || likeHere ? { except: here, like: likeHere } : noGuides;
}
