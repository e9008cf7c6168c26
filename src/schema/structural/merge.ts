/**
 * Lays an applied configuration over a live value: what the configuration says wins, what it leaves
 * out stays, and items of lists meet by their keys.
 * upstream: sigs.k8s.io/structured-merge-diff/typed/merge.go
 */
import {
  decided,
  isMap,
  isNothing,
  itemStep,
  type ListShape,
  NoKey,
  type RecordShape,
  type Shape,
} from "./shape.ts";

interface Sides {
  /** Undefined where there is none; null is a value. */
  readonly live: unknown;
  readonly applied: unknown;
}

/** Undefined when nothing is left. Throws NoKey for lists whose items cannot be told apart. */
export function merged(shape: Shape, sides: Sides): unknown {
  const { live, applied } = sides;
  const known = decided(shape, applied === undefined ? live : applied);
  if (known.is !== "record" && known.is !== "list") return kept(sides);
  if (isNothing(known, live) && isNothing(known, applied)) return kept(sides);
  return known.is === "record" ? mergedRecords(known, sides) : mergedLists(known, sides);
}

const kept = ({ live, applied }: Sides): unknown => (applied === undefined ? live : applied);

function mergedRecords(shape: RecordShape, sides: Sides): unknown {
  const live = isMap(sides.live) ? sides.live : {};
  const applied = isMap(sides.applied) ? sides.applied : {};
  const entries: [string, unknown][] = [];
  for (const key of new Set([...Object.keys(live), ...Object.keys(applied)])) {
    const field = shape.fields.get(key);
    const inner = field ? field.shape() : shape.rest;
    const pair = { live: live[key], applied: applied[key] };
    const value = inner ? merged(inner, pair) : kept(pair);
    if (value !== undefined) entries.push([key, value]);
  }
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function mergedLists(shape: ListShape, sides: Sides): unknown {
  const live = namedItems(shape, sides.live);
  const applied = namedItems(shape, sides.applied);
  const liveByStep = onlyOnce(live);
  const appliedByStep = onlyOnce(applied);
  const items: unknown[] = [];
  for (const { step, item } of inOrder(live, applied)) {
    const isShared = appliedByStep.has(step);
    const pair = isShared
      ? { live: liveByStep.get(step), applied: appliedByStep.get(step) }
      : { live: item, applied: undefined };
    const value = merged(shape.item, pair);
    if (value !== undefined) items.push(value);
  }
  return items.length > 0 ? items : undefined;
}

interface Named {
  readonly step: string;
  readonly item: unknown;
}

function namedItems(shape: ListShape, list: unknown): readonly Named[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown, i) => {
    try {
      return { step: itemStep(shape, item), item };
    } catch (cause) {
      if (cause instanceof NoKey) throw new NoKey(`element ${i}: ${cause.message}`, { cause });
      throw cause;
    }
  });
}

/** Items that are there twice have no counterpart: null stands for them. */
function onlyOnce(items: readonly Named[]): ReadonlyMap<string, unknown> {
  const byStep = new Map<string, unknown>();
  for (const { step, item } of items) byStep.set(step, byStep.has(step) ? null : item);
  return byStep;
}

/**
 * Applied items in the order in which they were applied; items that only the live list has stay in
 * front of the item that they stood in front of, as far as both can be had.
 */
function inOrder(live: readonly Named[], applied: readonly Named[]): readonly Named[] {
  const isLive = stepsOf(live);
  const isApplied = stepsOf(applied);
  const shared = applied.filter(({ step }) => isLive.has(step));
  const placed = new Set<string>();
  const ordered: Named[] = [];
  let [l, a] = [0, 0];
  while (l < live.length || a < applied.length) {
    const mine = live[l];
    const theirs = applied[a];
    if (mine && !isApplied.has(mine.step)) {
      ordered.push(mine);
      l += 1;
    } else if (mine && isOutOfTurn(mine, theirs, shared[0])) l += 1;
    else {
      if (mine && isSettled(mine, theirs, placed)) l += 1;
      if (!theirs) continue;
      ordered.push(theirs);
      placed.add(theirs.step);
      a += 1;
      if (theirs.step === shared[0]?.step) shared.shift();
    }
  }
  return ordered;
}

/** In both, but placed where the configuration has it, which is elsewhere. */
const isOutOfTurn = (mine: Named, theirs: Named | undefined, next: Named | undefined): boolean =>
  theirs !== undefined &&
  next !== undefined &&
  mine.step !== theirs.step &&
  mine.step !== next.step;

const isSettled = (mine: Named, theirs: Named | undefined, placed: ReadonlySet<string>): boolean =>
  mine.step === theirs?.step || placed.has(mine.step);

const stepsOf = (items: readonly Named[]): ReadonlySet<string> =>
  new Set(items.map(({ step }) => step));
