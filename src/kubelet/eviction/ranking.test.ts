import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/pod.ts";
import { containerWith, podWith } from "../pod/testing.ts";
import { noFiles, type PodUsage, type Scarcity } from "./pod-usage.ts";
import { type Candidate, ranked } from "./ranking.ts";

interface Parts {
  readonly priority?: number;
  readonly requests?: Readonly<Record<string, string>>;
}

const mib = 2 ** 20;

const podOf = (name: string, { priority, requests = {} }: Parts): Pod =>
  podWith(
    {
      containers: [containerWith("app", { resources: { requests } })],
      ...(priority === undefined ? {} : { priority }),
    },
    { name },
  );

const idle: PodUsage = {
  memoryBytes: 0,
  processes: 0,
  containers: [{ name: "app", memoryBytes: 0, root: noFiles, logs: noFiles }],
  volumes: new Map(),
};

const uses = (memoryMib: number): PodUsage => ({ ...idle, memoryBytes: memoryMib * mib });

const candidate = (name: string, usage: PodUsage | undefined, parts: Parts = {}): Candidate => ({
  pod: podOf(name, parts),
  usage,
});

const order = (candidates: readonly Candidate[], scarcity: Scarcity): readonly string[] =>
  ranked(candidates, scarcity).map(({ pod }) => pod.metadata.name ?? "");

const memory: Scarcity = { starved: "memory" };
const asks = (text: string): Parts => ({ requests: { memory: text } });

test("who uses more memory than it asked for goes before who keeps to it, whatever its priority", () => {
  const pods = [
    candidate("modest", uses(400), { priority: 1, ...asks("500Mi") }),
    candidate("greedy", uses(60), { priority: 1_000, ...asks("50Mi") }),
  ];
  deepEqual(order(pods, memory), ["greedy", "modest"]);
});

test("of those alike the less important goes, then the one that is furthest above its request", () => {
  const pods = [
    candidate("important", uses(900), { priority: 10 }),
    candidate("asks", uses(500), { priority: 1, ...asks("400Mi") }),
    candidate("asks-nothing", uses(300), { priority: 1 }),
  ];
  deepEqual(order(pods, memory), ["asks-nothing", "asks", "important"]);
});

test("of those that keep to their requests the one that is nearest to it goes", () => {
  const pods = [
    candidate("far", uses(100), asks("1Gi")),
    candidate("near", uses(90), asks("100Mi")),
  ];
  deepEqual(order(pods, memory), ["near", "far"]);
});

test("a pod that could not be measured goes first", () => {
  const pods = [candidate("measured", uses(4_000)), candidate("unknown", undefined)];
  deepEqual(order(pods, memory), ["unknown", "measured"]);
});

test("when process ids run short, priority comes first and then who has most processes", () => {
  const pods = [
    candidate("important", { ...idle, processes: 900 }, { priority: 5 }),
    candidate("few", { ...idle, processes: 3 }),
    candidate("many", { ...idle, processes: 30 }),
  ];
  deepEqual(order(pods, { starved: "pids" }), ["many", "few", "important"]);
});

const writes = (root: number, logs: number, volume: number): PodUsage => ({
  ...idle,
  containers: [
    {
      name: "app",
      memoryBytes: 0,
      root: { bytes: root * mib, inodes: root },
      logs: { bytes: logs * mib, inodes: logs },
    },
  ],
  volumes: new Map([["data", { bytes: volume * mib, inodes: volume }]]),
});

const writers = [
  candidate("to-its-root", writes(100, 0, 0)),
  candidate("to-its-log", writes(0, 60, 0)),
  candidate("to-its-volume", writes(0, 20, 50)),
];

for (const starved of ["ephemeral-storage", "inodes"] as const) {
  test(`with one disk all that a pod writes counts: ${starved}`, () => {
    deepEqual(order(writers, { starved }), ["to-its-root", "to-its-volume", "to-its-log"]);
  });

  test(`with a disk for images only what lies on the full one counts: ${starved}`, () => {
    deepEqual(order(writers, { starved, on: "nodeFs" }), [
      "to-its-volume",
      "to-its-log",
      "to-its-root",
    ]);
    deepEqual(order(writers, { starved, on: "imageFs" })[0], "to-its-root");
  });
}

test("who asked for the disk that it uses goes last", () => {
  const pods = [
    candidate("asks", writes(0, 0, 900), { requests: { "ephemeral-storage": "1Gi" } }),
    candidate("asks-nothing", writes(0, 0, 1)),
  ];
  deepEqual(order(pods, { starved: "ephemeral-storage" }), ["asks-nothing", "asks"]);
});
