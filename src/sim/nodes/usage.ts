/** What a simulated container uses: so much all the time, as a rule says. */
import type { bytesOf, cpuMilli } from "#base/quantity.ts";
import type { Random } from "#base/random.ts";
import type { GroupUsage } from "#kubelet/ports.ts";
import type { ContainerStats } from "#kubelet/runtime.ts";

/** A quantity, or anything between two of them, drawn for each instance. */
export type Amount = string | { readonly min: string; readonly max: string };

export function drawAmount(
  amount: Amount | undefined,
  read: typeof bytesOf | typeof cpuMilli,
  random: Random,
): number {
  if (amount === undefined) return 0;
  if (typeof amount === "string") return read(amount);
  const [min, max] = [read(amount.min), read(amount.max)];
  return Math.round(min + (max - min) * random.next());
}

export interface UsageOf {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

const nanosecondsPerMilliMs = 1_000;

/** Of a container that has run for so long. */
export const statsOf = (
  { id, labels }: Pick<ContainerStats, "id" | "labels">,
  { cpuMilli: milli, memoryBytes }: UsageOf,
  { atMs, ranMs }: { readonly atMs: number; readonly ranMs: number },
): ContainerStats => ({
  id,
  labels,
  atMs,
  cpuNanoseconds: milli * ranMs * nanosecondsPerMilliMs,
  memoryWorkingSetBytes: memoryBytes,
  memoryUsageBytes: memoryBytes,
  writableLayerBytes: 0,
  writableLayerInodes: 0,
});

/** What a node uses that runs nothing. */
const idle = { cpuMilli: 50, memoryBytes: 256 * 2 ** 20 };

/** Of all that runs on a node, and of the node itself. */
export function nodeUsage(containers: readonly ContainerStats[], onForMs: number): GroupUsage {
  const memoryBytes = containers.reduce(
    (sum, { memoryUsageBytes }) => sum + memoryUsageBytes,
    idle.memoryBytes,
  );
  return {
    cpuNanoseconds: containers.reduce(
      (sum, { cpuNanoseconds }) => sum + cpuNanoseconds,
      idle.cpuMilli * onForMs * nanosecondsPerMilliMs,
    ),
    memoryBytes,
    workingSetBytes: memoryBytes,
  };
}
