/** What was used between two samples of a node: averages for CPU, the newest value for memory. */
import { formatTime } from "#base/clock.ts";
import { formatDuration } from "#base/duration.ts";
import { quantityOfUnits } from "#base/quantity.ts";
import type { Counter, Counters } from "./counters.ts";

export interface Rate {
  readonly timestamp: string;
  readonly window: string;
  readonly usage: { readonly cpu: string; readonly memory: string };
}

export const nodeRate = (before: Counters, after: Counters): Rate | undefined =>
  after.node && rateOf(before.node, after.node);

export interface ContainerRate extends Rate {
  readonly name: string;
}

/**
 * Of each container; nothing at all when one of them is not known for long enough: half a pod
 * would mislead.
 */
export function podRates(
  before: Counters,
  after: Counters,
  pod: string,
): readonly ContainerRate[] | undefined {
  const rates: ContainerRate[] = [];
  for (const [name, counter] of after.pods.get(pod) ?? []) {
    const rate = rateOf(before.pods.get(pod)?.get(name), counter);
    if (!rate) return undefined;
    rates.push({ name, ...rate });
  }
  return rates.length > 0 ? rates : undefined;
}

function rateOf(before: Counter | undefined, after: Counter): Rate | undefined {
  const start = startOf(before, after);
  const windowMs = start && after.atMs - start.atMs;
  if (!start || windowMs === undefined || windowMs <= 0) return undefined;
  const used = Math.max(after.cpuSeconds - start.cpuSeconds, 0);
  const nanoCores = Math.round((used * 1e9 * 1_000) / windowMs);
  return {
    timestamp: formatTime(after.atMs),
    window: formatDuration(windowMs),
    usage: {
      cpu: nanoCores === 0 ? "0" : `${nanoCores}n`,
      memory: quantityOfUnits(after.memoryBytes, "binary").format(),
    },
  };
}

/** A container that began since counts from nothing. */
function startOf(
  before: Counter | undefined,
  after: Counter,
): { readonly cpuSeconds: number; readonly atMs: number } | undefined {
  if (before?.startedAtMs === after.startedAtMs && before) return before;
  if (after.startedAtMs === undefined) return undefined;
  return { cpuSeconds: 0, atMs: after.startedAtMs };
}
