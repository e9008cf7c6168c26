/** From what was read to what is answered. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#sim/clock.ts";
import { Rates } from "./rates.ts";
import { SharedReading } from "./shared-reading.ts";
import { space, usageOf } from "./testing-usage.ts";
import { smallSummary, wholeSummary } from "./summary.ts";

const stall = { avg10: 1, avg60: 2, avg300: 3, totalMicroseconds: 4 };
const details = {
  cpuNanoseconds: 2e9,
  memoryBytes: 9,
  workingSetBytes: 7,
  memory: { anonymous: 5, swap: 1, faults: { all: 50, major: 2 } },
  processes: 2,
  pressure: { io: { some: stall, full: stall } },
  bounds: { memoryBytes: 20, swapBytes: 4 },
};
const usage = usageOf(details, details);

const claim = { name: "data-web", namespace: "default" };
const files = new Map([
  [
    "u1",
    {
      logs: new Map([["app", { bytes: 8, inodes: 2 }]]),
      volumes: [
        { name: "tmp", space, used: { bytes: 4, inodes: 1 }, isEphemeral: true },
        { name: "data", space, claim, isEphemeral: false },
      ],
    },
  ],
]);

const processIds = { used: 176, max: 32_768 };

const options = () => ({ nodeName: "n1", startedAtMs: 0, rates: new Rates(), files, processIds });

/** As a client reads it. */
const read = (summary: object): Readonly<Record<string, never>> =>
  JSON.parse(JSON.stringify(summary));

const time = "1970-01-01T00:00:05Z";
const memory = {
  time,
  availableBytes: 13,
  usageBytes: 9,
  workingSetBytes: 7,
  rssBytes: 5,
  pageFaults: 50,
  majorPageFaults: 2,
};
const swap = { time, swapAvailableBytes: 3, swapUsageBytes: 1 };
const cpu = (usageNanoCores?: number) => ({
  time,
  ...(usageNanoCores === undefined ? {} : { usageNanoCores }),
  usageCoreNanoSeconds: 2e9,
});
const disk = { time, availableBytes: 40, capacityBytes: 100, inodesFree: 3, inodes: 10 };
const traffic = { name: "eth0", rxBytes: 1, rxErrors: 3, txBytes: 5, txErrors: 7 };
const network = { time, ...traffic, interfaces: [traffic] };
const { totalMicroseconds: total, ...averages } = stall;
const io = { time, psi: { full: { total, ...averages }, some: { total, ...averages } } };

test("everything of a node", () => {
  const images = { ...disk, usedBytes: 33, inodesUsed: 6 };
  const startTime = "1970-01-01T00:00:00Z";
  deepEqual(read(wholeSummary(usage, options()))["node"], {
    nodeName: "n1",
    systemContainers: [{ name: "pods", startTime, cpu: cpu(), memory, swap }],
    startTime,
    cpu: cpu(),
    memory,
    swap,
    io,
    network,
    fs: { ...disk, usedBytes: 60, inodesUsed: 7 },
    runtime: { imageFs: images, containerFs: images },
    rlimit: { time, maxpid: 32_768, curproc: 176 },
  });
});

test("everything of a pod: what it wrote is its layers, its logs and its own volumes", () => {
  deepEqual(read(wholeSummary(usage, options()))["pods"], [
    {
      podRef: { name: "web", namespace: "default", uid: "u1" },
      startTime: "1970-01-01T00:00:01Z",
      cpu: cpu(5e8),
      memory,
      swap,
      io,
      network,
      containers: [
        {
          name: "app",
          startTime: "1970-01-01T00:00:03Z",
          cpu: cpu(1e9),
          memory,
          swap,
          io,
          rootfs: { ...disk, usedBytes: 11, inodesUsed: 3 },
          logs: { ...disk, usedBytes: 8, inodesUsed: 2 },
        },
      ],
      volume: [
        { ...disk, usedBytes: 4, inodesUsed: 1, name: "tmp" },
        { ...disk, usedBytes: 60, inodesUsed: 7, name: "data", pvcRef: claim },
      ],
      "ephemeral-storage": { ...disk, usedBytes: 23, inodesUsed: 6 },
      process_stats: { process_count: 4 },
    },
  ]);
});

test("who asks only for processors and memory gets no more", () => {
  const { node, pods } = read(smallSummary(usage, options())) as {
    readonly node?: object;
    readonly pods?: readonly object[];
  };
  deepEqual(Object.keys(node ?? {}), [
    "nodeName",
    "systemContainers",
    "startTime",
    "cpu",
    "memory",
    "swap",
  ]);
  deepEqual(
    pods?.flatMap((pod) => Object.keys(pod)),
    ["podRef", "startTime", "cpu", "memory", "swap", "containers"],
  );
});

test("a rate is that since the reading before, the same for the same reading", () => {
  const rates = new Rates();
  const first = { nanoseconds: 2e9, atMs: 4_000, sinceMs: 0 };
  equal(rates.of("a", first), 5e8);
  equal(rates.of("a", { nanoseconds: 3e9, atMs: 5_000 }), 1e9);
  equal(rates.of("a", { nanoseconds: 3e9, atMs: 5_000 }), 1e9);
  equal(rates.of("b", { nanoseconds: 3e9, atMs: 5_000 }), undefined);
});

test("questions close together get one answer, a failure is not kept", async () => {
  const clock = new VirtualClock();
  let readings = 0;
  const shared = new SharedReading({
    clock,
    freshMs: 1_000,
    read: async () => {
      readings++;
      if (readings === 2) throw new Error("no");
      return readings;
    },
  });
  deepEqual(await Promise.all([shared.get(), shared.get()]), [1, 1]);
  await clock.advance(999);
  equal(await shared.get(), 1);
  await clock.advance(1);
  equal(await shared.get().catch(() => "failed"), "failed");
  equal(await shared.get(), 3);
});
