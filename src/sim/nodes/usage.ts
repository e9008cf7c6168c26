/** What a simulated container uses: the same all the time, or more and more, as a rule says. */
import type { cpuMilli, bytesOf } from "#base/quantity.ts";
import type { Random } from "#base/random.ts";
import type { GroupUsage } from "#kubelet/ports.ts";
import type { ContainerStats } from "#kubelet/runtime.ts";
import { drawSpan, type Span } from "./span.ts";

/** A quantity, or anything between two of them, drawn for each instance. */
export type Amount = string | { readonly min: string; readonly max: string };

/** Evenly from one amount to the other, where it stays: a leak, a cache that fills, a log. */
export interface Growth {
  readonly from: Amount;
  /** Not less than `from`: it does not shrink. */
  readonly to: Amount;
  readonly overMs: Span;
}

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

/** How much it is at which age of a container: never less than before. */
export interface Course {
  readonly from: number;
  readonly to: number;
  readonly overMs: number;
}

export function drawCourse(
  amount: Amount | Growth | undefined,
  read: typeof bytesOf,
  random: Random,
): Course {
  if (typeof amount === "object" && "overMs" in amount) {
    const from = drawAmount(amount.from, read, random);
    const to = Math.max(drawAmount(amount.to, read, random), from);
    return { from, to, overMs: drawSpan(amount.overMs, random) };
  }
  const always = drawAmount(amount, read, random);
  return { from: always, to: always, overMs: 0 };
}

export const courseAt = ({ from, to, overMs }: Course, ageMs: number): number =>
  ageMs >= overMs ? to : Math.round(from + ((to - from) * ageMs) / overMs);

export interface UsageOf {
  readonly cpuMilli: number;
  /** In bytes. */
  readonly memory: Course;
  /** What it wrote beside its volumes, in bytes. */
  readonly disk: Course;
  readonly processes: Course;
}

const nanosecondsPerMilliMs = 1_000;

export const cpuNanosecondsOf = ({ cpuMilli: milli }: UsageOf, ranMs: number): number =>
  milli * ranMs * nanosecondsPerMilliMs;

/** Of a container that has run for so long. */
export function statsOf(
  { id, labels }: Pick<ContainerStats, "id" | "labels">,
  usage: UsageOf,
  { atMs, ranMs }: { readonly atMs: number; readonly ranMs: number },
): ContainerStats {
  const memoryBytes = courseAt(usage.memory, ranMs);
  return {
    id,
    labels,
    atMs,
    cpuNanoseconds: cpuNanosecondsOf(usage, ranMs),
    memoryWorkingSetBytes: memoryBytes,
    memoryUsageBytes: memoryBytes,
    writableLayerBytes: courseAt(usage.disk, ranMs),
    writableLayerInodes: 0,
  };
}

/** What a node uses that runs nothing. */
export const idle = { cpuMilli: 50, memoryBytes: 256 * 2 ** 20, processes: 100 };

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
