import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/core/pod.ts";
import type { Volume } from "#api/core/volume-sources.ts";
import { containerWith, podWith } from "../pod/testing.ts";
import type { PodUsage } from "./pod-usage.ts";
import { hasStorageLimits, storageExcess } from "./storage-limits.ts";

const mib = 2 ** 20;
const files = (mebibytes: number) => ({ bytes: mebibytes * mib, inodes: 1 });

const usageOf = (root: number, logs: number, volume: number): PodUsage => ({
  memoryBytes: 0,
  processes: 0,
  containers: [{ name: "app", memoryBytes: 0, root: files(root), logs: files(logs) }],
  volumes: new Map([["data", files(volume)]]),
});

const limitedTo = (...limits: readonly string[]): Pod =>
  podWith({
    containers: limits.map((limit, at) =>
      containerWith(at === 0 ? "app" : `other-${at}`, {
        resources: limit === "" ? {} : { limits: { "ephemeral-storage": limit } },
      }),
    ),
  });

const withFolder = (emptyDir: NonNullable<Volume["emptyDir"]>): Pod =>
  podWith({ volumes: [{ name: "data", emptyDir }] });

const oneDisk = { hasOwnImageFs: false };

test("a folder may be as big as its limit, and no bigger", () => {
  const pod = withFolder({ sizeLimit: "10Mi" });
  equal(storageExcess(pod, usageOf(900, 0, 10), oneDisk), undefined);
  deepEqual(storageExcess(pod, usageOf(0, 0, 11), oneDisk), {
    signal: "emptydirfs.limit",
    message: 'Usage of EmptyDir volume "data" exceeds the limit "10Mi". ',
  });
});

test("a pod may write as much as its containers together", () => {
  const pod = limitedTo("10Mi", "20Mi");
  equal(storageExcess(pod, usageOf(5, 5, 20), oneDisk), undefined);
  deepEqual(storageExcess(pod, usageOf(5, 5, 21), oneDisk), {
    signal: "ephemeralpodfs.limit",
    message: "Pod ephemeral local storage usage exceeds the total limit of containers 30Mi. ",
  });
});

test("a container may write its own limit, whatever the others leave", () => {
  const pod = limitedTo("10Mi", "20Mi");
  deepEqual(storageExcess(pod, usageOf(8, 3, 0), oneDisk), {
    signal: "ephemeralcontainerfs.limit",
    message: 'Container app exceeded its local ephemeral storage limit "10Mi". ',
  });
  equal(storageExcess(pod, usageOf(8, 3, 0), { hasOwnImageFs: true }), undefined);
});

for (const [what, pod, expected] of [
  ["without limits", podWith(), false],
  ["with a folder without limit", withFolder({}), false],
  ["with a folder in memory", withFolder({ medium: "Memory", sizeLimit: "1Mi" }), false],
  ["with a limited folder", withFolder({ sizeLimit: "1Mi" }), true],
  ["with a limited container", limitedTo("", "1Mi"), true],
] as const) {
  test(`a pod ${what} ${expected ? "is" : "is not"} measured for its sake`, () => {
    equal(hasStorageLimits(pod), expected);
  });
}
