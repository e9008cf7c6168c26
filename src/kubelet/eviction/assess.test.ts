import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "#base/clock.ts";
import { quantityOf } from "#base/quantity.ts";
import { assess, noShortage, type Shortage } from "./assess.ts";
import { type MachineRoom, observationsOf, type SignalName } from "./signals.ts";
import {
  type Amount,
  defaultEviction,
  type EvictionSettings,
  parseAmount,
  reservedOf,
  type Threshold,
} from "./thresholds.ts";

const amount = (text: string): Amount => {
  const parsed = parseAmount(text);
  if (!parsed) throw new Error(`${text} is no amount`);
  return parsed;
};

const threshold = (
  signal: SignalName,
  text: string,
  parts: { readonly graceMs?: number; readonly reclaim?: string } = {},
): Threshold => ({
  signal,
  amount: amount(text),
  graceMs: parts.graceMs ?? 0,
  ...(parts.reclaim ? { reclaim: amount(parts.reclaim) } : {}),
});

const settingsOf = (...thresholds: readonly Threshold[]): EvictionSettings => ({
  ...defaultEviction,
  thresholds,
});

const mib = 2 ** 20;
const gib = 2 ** 30;

const plenty: MachineRoom = {
  memory: { available: 2 * gib, capacity: 4 * gib },
  nodeFs: { totalBytes: 100 * gib, freeBytes: 50 * gib, inodes: { total: 1_000, free: 500 } },
  imageFs: { totalBytes: 100 * gib, freeBytes: 50 * gib, inodes: { total: 1_000, free: 500 } },
  hasOwnImageFs: true,
  processIds: { available: 900, capacity: 1_000 },
};

const memory = (available: number): MachineRoom => ({
  ...plenty,
  memory: { available, capacity: 4 * gib },
});

const disk = (freeBytes: number, freeInodes: number) => ({
  totalBytes: 100 * gib,
  freeBytes,
  inodes: { total: 1_000, free: freeInodes },
});

/** What is seen at one moment after the other, and what comes of it each time. */
function story(
  settings: EvictionSettings,
  moments: readonly (readonly [atMs: number, machine: MachineRoom])[],
): readonly (readonly [due: readonly string[], pressures: readonly string[]])[] {
  let shortage: Shortage = noShortage;
  return moments.map(([atMs, machine]) => {
    shortage = assess(shortage, { settings, observed: observationsOf(machine), atMs });
    return [shortage.due.map(({ signal }) => signal), [...shortage.pressures]];
  });
}

/** Just enough, and a little less than that, by the thresholds that upstream has on Linux. */
for (const [signal, pressure, enough, short] of [
  ["memory.available", "MemoryPressure", memory(100 * mib), memory(100 * mib - 1)],
  [
    "nodefs.available",
    "DiskPressure",
    { ...plenty, nodeFs: disk(10 * gib + mib, 500) },
    { ...plenty, nodeFs: disk(10 * gib - mib, 500) },
  ],
  [
    "nodefs.inodesFree",
    "DiskPressure",
    { ...plenty, nodeFs: disk(50 * gib, 50) },
    { ...plenty, nodeFs: disk(50 * gib, 49) },
  ],
  [
    "imagefs.available",
    "DiskPressure",
    { ...plenty, imageFs: disk(15 * gib + mib, 500) },
    { ...plenty, imageFs: disk(15 * gib - mib, 500) },
  ],
  [
    "imagefs.inodesFree",
    "DiskPressure",
    { ...plenty, imageFs: disk(50 * gib, 50) },
    { ...plenty, imageFs: disk(50 * gib, 49) },
  ],
] as const) {
  test(`${signal} is passed below its default, and not at it`, () => {
    deepEqual(
      story(defaultEviction, [
        [0, enough],
        [seconds(10), short],
      ]),
      [
        [[], []],
        [[signal], [pressure]],
      ],
    );
  });
}

test("process ids have no threshold unless one is said", () => {
  const none: MachineRoom = { ...plenty, processIds: { available: 1, capacity: 1_000 } };
  deepEqual(story(defaultEviction, [[0, none]]), [[[], []]]);
  deepEqual(story(settingsOf(threshold("pid.available", "10%")), [[0, none]]), [
    [["pid.available"], ["PIDPressure"]],
  ]);
});

test("what was not seen is not short", () => {
  deepEqual(story(defaultEviction, [[0, { hasOwnImageFs: false }]]), [[[], []]]);
});

test("a file system that does not count its inodes has enough of them", () => {
  const uncounted = { totalBytes: gib, freeBytes: gib, inodes: { total: 0, free: 0 } };
  deepEqual(story(defaultEviction, [[0, { ...plenty, nodeFs: uncounted }]]), [[[], []]]);
});

test("memory comes before everything else", () => {
  const machine = { ...memory(mib), nodeFs: disk(0, 0), imageFs: disk(0, 0) };
  const settings = settingsOf(...defaultEviction.thresholds.toReversed());
  const [seen] = story(settings, [[0, machine]]);
  deepEqual([seen?.[0][0], seen?.[1]], ["memory.available", ["MemoryPressure", "DiskPressure"]]);
});

test("a soft threshold drives nobody out before its grace is over, but is told at once", () => {
  const settings = settingsOf(threshold("memory.available", "1Gi", { graceMs: minutes(1) }));
  deepEqual(
    story(settings, [
      [0, memory(mib)],
      [seconds(59), memory(mib)],
      [seconds(60), memory(mib)],
    ]),
    [
      [[], ["MemoryPressure"]],
      [[], ["MemoryPressure"]],
      [["memory.available"], ["MemoryPressure"]],
    ],
  );
});

test("the grace of a soft threshold begins anew when there was enough in between", () => {
  const settings = settingsOf(threshold("memory.available", "1Gi", { graceMs: minutes(1) }));
  const found = story(settings, [
    [0, memory(mib)],
    [seconds(50), memory(2 * gib)],
    [seconds(55), memory(mib)],
    [seconds(70), memory(mib)],
    [seconds(115), memory(mib)],
  ]);
  deepEqual(
    found.map(([due]) => due.length),
    [0, 0, 0, 0, 1],
  );
});

test("a threshold that was passed is so until there is the minimum beyond it", () => {
  const settings = settingsOf(threshold("memory.available", "100Mi", { reclaim: "50Mi" }));
  const found = story(settings, [
    [0, memory(120 * mib)],
    [1, memory(99 * mib)],
    [2, memory(149 * mib)],
    [3, memory(150 * mib)],
    [4, memory(120 * mib)],
  ]);
  deepEqual(
    found.map(([due]) => due.length),
    [0, 1, 1, 0, 0],
  );
});

test("a condition stays for five minutes after its cause", () => {
  const found = story(defaultEviction, [
    [0, memory(mib)],
    [seconds(10), memory(gib)],
    [minutes(5) - 1, memory(gib)],
    [minutes(5), memory(gib)],
  ]);
  deepEqual(
    found.map(([due, pressures]) => [due.length, pressures]),
    [
      [1, ["MemoryPressure"]],
      [0, ["MemoryPressure"]],
      [0, ["MemoryPressure"]],
      [0, []],
    ],
  );
});

/** Shares are in single precision: upstream's messages have that much too much. */
test("hard thresholds are kept from what pods can be given", () => {
  deepEqual(
    [
      reservedOf(defaultEviction, "memory.available", quantityOf("4Gi")),
      reservedOf(defaultEviction, "nodefs.available", quantityOf("100Gi")) / gib,
      reservedOf(settingsOf(), "nodefs.available", quantityOf("100Gi")),
    ],
    [100 * mib, 10.000000149011612, 0],
  );
});
