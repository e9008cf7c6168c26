/**
 * Whether the node runs short of something, and of what long enough to do something about it. Pure.
 * upstream: pkg/kubelet/eviction/eviction_manager.go#synchronize
 */
import { allPressures, noPressures, type Pressure, type Pressures } from "../node/pressures.ts";
import { type Observations, signalOf } from "./signals.ts";
import { type EvictionSettings, quantityAt, type Threshold } from "./thresholds.ts";

export interface Shortage {
  /** Since when each threshold is passed. */
  readonly sinceMs: ReadonlyMap<Threshold, number>;
  /** Those that are passed, and have been for long enough. */
  readonly due: readonly Threshold[];
  /** When each condition last had a cause. */
  readonly pressedAtMs: ReadonlyMap<Pressure, number>;
  readonly pressures: Pressures;
}

export const noShortage: Shortage = {
  sinceMs: new Map(),
  due: [],
  pressedAtMs: new Map(),
  pressures: noPressures,
};

export interface Look {
  readonly settings: EvictionSettings;
  readonly observed: Observations;
  readonly atMs: number;
}

export function assess(before: Shortage, { settings, observed, atMs }: Look): Shortage {
  const { thresholds, transitionMs } = settings;
  const passed = thresholds.filter(
    (one) => isPassed(one, observed) || (before.due.includes(one) && !isResolved(one, observed)),
  );
  const sinceMs = new Map(passed.map((one) => [one, before.sinceMs.get(one) ?? atMs]));
  const pressedAtMs = new Map(before.pressedAtMs);
  for (const { signal } of passed) pressedAtMs.set(signalOf(signal).pressure, atMs);
  return {
    sinceMs,
    due: passed
      .filter((one) => atMs - (sinceMs.get(one) ?? atMs) >= one.graceMs)
      .toSorted(memoryFirst),
    pressedAtMs,
    pressures: sameOr(
      before.pressures,
      new Set(
        allPressures.filter((one) => atMs - (pressedAtMs.get(one) ?? -Infinity) < transitionMs),
      ),
    ),
  };
}

/** The one before when it says the same: whoever compares them sees at once that there is no news. */
const sameOr = (before: Pressures, now: Pressures): Pressures =>
  before.symmetricDifference(now).size === 0 ? before : now;

const memoryFirst = (a: Threshold, b: Threshold): number => rankOf(a) - rankOf(b);
const rankOf = ({ signal }: Threshold): number => (signal === "memory.available" ? 0 : 1);

/** There is less than there has to be. What was not seen is no reason to worry. */
export function isPassed({ signal, amount }: Threshold, observed: Observations): boolean {
  const seen = observed.get(signal);
  return seen !== undefined && quantityAt(amount, seen).compare(seen.available) > 0;
}

/** There is enough, and as much beyond as was to be made free. */
export function isResolved(threshold: Threshold, observed: Observations): boolean {
  const { signal, amount, reclaim } = threshold;
  const seen = observed.get(signal);
  if (!seen) return true;
  const enough = quantityAt(amount, seen);
  const wanted = reclaim ? enough.add(quantityAt(reclaim, seen)) : enough;
  return wanted.compare(seen.available) <= 0;
}
