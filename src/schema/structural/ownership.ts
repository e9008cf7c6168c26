/**
 * Which fields two values differ in.
 * upstream: sigs.k8s.io/structured-merge-diff/typed/compare.go
 */
import { equal } from "#schema/copy.ts";
import { FieldSet, FieldSetBuilder, fieldStep } from "#schema/fieldset.ts";
import {
  decided,
  isMap,
  isNothing,
  itemStep,
  type JsonMap,
  type ListShape,
  type RecordShape,
  type Shape,
} from "./shape.ts";
import { wholeOf } from "./whole.ts";

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

interface Run {
  readonly added: FieldSetBuilder;
  readonly modified: FieldSetBuilder;
  readonly removed: FieldSetBuilder;
  readonly path: string[];
}

interface Pair {
  /** Undefined where there is none; null is a value. */
  readonly before: unknown;
  readonly after: unknown;
}

export function comparisonOf(shape: Shape, pair: Pair): Comparison {
  const run: Run = {
    added: new FieldSetBuilder(),
    modified: new FieldSetBuilder(),
    removed: new FieldSetBuilder(),
    path: [],
  };
  compareValues(run, shape, pair);
  return {
    added: run.added.build(),
    modified: run.modified.build(),
    removed: run.removed.build(),
  };
}

function compareValues(run: Run, shape: Shape, pair: Pair): void {
  const { before, after } = pair;
  if (before === undefined || after === undefined) {
    const set = wholeOf(shape, after ?? before);
    (before === undefined ? run.added : run.removed).graft(run.path, set);
    return;
  }
  const shapeAfter = decided(shape, after);
  const shapeBefore = decided(shape, before);
  // A free value that was a map and is none any more, or the reverse: first the one, then the other.
  if (shapeBefore.is !== shapeAfter.is) compareAs(run, shapeBefore, pair);
  compareAs(run, shapeAfter, pair);
}

function compareAs(run: Run, shape: Shape, pair: Pair): void {
  const isBelow = shape.is === "record" || shape.is === "list";
  if (!isBelow || (isNothing(shape, pair.before) && isNothing(shape, pair.after))) {
    if (!equal(pair.before, pair.after)) run.modified.add(run.path);
    return;
  }
  if (shape.is === "record") compareRecords(run, shape, pair);
  else compareLists(run, shape, pair);
}

const emptyMap: JsonMap = {};

function compareRecords(run: Run, shape: RecordShape, pair: Pair): void {
  const before = isMap(pair.before) ? pair.before : emptyMap;
  const after = isMap(pair.after) ? pair.after : emptyMap;
  for (const key in before) compareMember(run, { shape, key }, { before, after });
  for (const key in after)
    if (before[key] === undefined) compareMember(run, { shape, key }, { before, after });
}

interface Member {
  readonly shape: RecordShape;
  readonly key: string;
}

function compareMember(
  run: Run,
  { shape, key }: Member,
  maps: { readonly before: JsonMap; readonly after: JsonMap },
): void {
  const before = maps.before[key];
  const after = maps.after[key];
  // Most members of most objects are the same scalar as before.
  if (before === after) return;
  const field = shape.fields.get(key);
  const inner = field ? field.shape() : shape.rest;
  if (!inner) return;
  run.path.push(field?.step ?? fieldStep(key));
  compareValues(run, inner, { before, after });
  run.path.pop();
}

const noItems: readonly unknown[] = [];

function compareLists(run: Run, shape: ListShape, pair: Pair): void {
  // Finding out what each item is called is dear; most lists are as they were.
  if (equal(pair.before, pair.after)) return;
  const before = byStep(shape, pair.before);
  const after = byStep(shape, pair.after);
  for (const step of new Set([...before.keys(), ...after.keys()])) {
    run.path.push(step);
    compareItems(run, shape.item, {
      before: before.get(step) ?? noItems,
      after: after.get(step) ?? noItems,
    });
    run.path.pop();
  }
}

function byStep(shape: ListShape, list: unknown): ReadonlyMap<string, readonly unknown[]> {
  return Map.groupBy(Array.isArray(list) ? list : noItems, (item) => itemStep(shape, item));
}

/** Items of one name; where there is more than one, none of them can be looked into. */
function compareItems(
  run: Run,
  shape: Shape,
  { before, after }: { before: readonly unknown[]; after: readonly unknown[] },
): void {
  if (before.length > 1 && after.length > 1) {
    if (!equal(before, after)) run.modified.add(run.path);
    return;
  }
  const isUnclear = before.length > 1 || after.length > 1;
  const pair = {
    before: before.length > 1 ? undefined : before[0],
    after: after.length > 1 ? undefined : after[0],
  };
  if (pair.before !== undefined || pair.after !== undefined) compareValues(run, shape, pair);
  if (isUnclear) (before.length > 1 ? run.removed : run.added).add(run.path);
}

/**
 * Fields of structs that only lead on to paths of the set count as in it too, so that what is owned
 * in part can be told from what is not owned at all.
 */
export function withNamedFields(shape: Shape | undefined, set: FieldSet): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [step, child] of set.children) {
    const { inner, isNamed } = below(shape, step);
    const filled = withNamedFields(inner, child);
    const isMember = child.isMember || (isNamed && child.children.size > 0);
    children.set(step, FieldSet.of(isMember, filled.children));
  }
  return FieldSet.of(set.isMember, children);
}

interface Below {
  readonly inner: Shape | undefined;
  readonly isNamed: boolean;
}

function below(shape: Shape | undefined, step: string): Below {
  if (shape?.is === "list") return { inner: shape.item, isNamed: false };
  if (shape?.is !== "record")
    return { inner: shape?.is === "free" ? shape : undefined, isNamed: false };
  const field = shape.fields.get(step.slice(2));
  return { inner: field ? field.shape() : shape.rest, isNamed: field !== undefined };
}
