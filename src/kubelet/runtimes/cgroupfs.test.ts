/** On folders that look like the kernel's: what is written where. */
import { deepEqual, equal } from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { VirtualClock } from "#sim/clock.ts";
import { cgroupfs } from "./cgroupfs.ts";
import { weightOf } from "./cpu-weight.ts";
import { folderOf } from "./testing-files.ts";

const read = async (path: string): Promise<string> => (await readFile(path, "utf8")).trim();

test("version 2: controllers are handed down, limits are written in its terms", async (t) => {
  const root = await folderOf(t, {
    "cgroup.controllers": "cpuset cpu io memory pids\n",
    "cgroup.subtree_control": "memory\n",
    "pods/cgroup.controllers": "cpu memory\n",
    "pods/cgroup.subtree_control": "cpu memory\n",
  });
  const groups = cgroupfs({ clock: new VirtualClock(), root });
  equal(groups.version, 2);
  await groups.ensure("/pods/a", { cpuShares: 1_024, cpuQuota: 50_000, memoryBytes: 4_096 });
  equal(await read(`${root}/cgroup.subtree_control`), "+cpu +pids +cpuset +io");
  equal(await read(`${root}/pods/cgroup.subtree_control`), "cpu memory");
  equal(await read(`${root}/pods/a/cpu.weight`), String(weightOf(1_024)));
  equal(await read(`${root}/pods/a/cpu.max`), "50000 100000");
  equal(await read(`${root}/pods/a/memory.max`), "4096");
  const [quota, period] = [{ cpuQuota: 50_000 }, { cpuPeriod: 100_000 }];
  deepEqual(await groups.limits("/pods/a"), {
    cpuShares: 1_024,
    ...quota,
    ...period,
    memoryBytes: 4_096,
  });
  await groups.ensure("/pods/a", { cpuShares: 1_024, cpuQuota: 0, memoryBytes: 0 });
  deepEqual(await read(`${root}/pods/a/cpu.max`), "max 100000");
  deepEqual(await groups.limits("/pods/a"), {
    cpuShares: 1_024,
    cpuQuota: 0,
    ...period,
    memoryBytes: 0,
  });
  deepEqual(await groups.list("/pods"), ["a"]);
  equal(await groups.usage("/pods/b"), undefined);
  equal(await groups.limits("/pods/b"), undefined);
});

test("version 2: usage without what could be dropped", async (t) => {
  const root = await folderOf(t, {
    "cgroup.controllers": "",
    "pods/memory.current": "1000\n",
    "pods/memory.stat": "anon 600\ninactive_file 300\n",
    "pods/cpu.stat": "usage_usec 7\nuser_usec 5\n",
  });
  deepEqual(await cgroupfs({ clock: new VirtualClock(), root }).usage("/pods"), {
    cpuNanoseconds: 7_000,
    memoryBytes: 1_000,
    workingSetBytes: 700,
  });
});

test("version 1: a folder per controller, processors as the parent has them", async (t) => {
  const root = await folderOf(t, {
    "cpu/cpu.shares": "",
    "memory/memory.limit_in_bytes": "",
    "cpuset/cpuset.cpus": "0-3\n",
    "cpuset/cpuset.mems": "0\n",
    "cpuset/pods/cpuset.cpus": "\n",
    "cpuset/pods/cpuset.mems": "\n",
  });
  const groups = cgroupfs({ clock: new VirtualClock(), root });
  equal(groups.version, 1);
  await groups.ensure("/pods", { cpuShares: 2, memoryBytes: 4_096 });
  equal(await read(`${root}/cpu/pods/cpu.shares`), "2");
  equal(await read(`${root}/memory/pods/memory.limit_in_bytes`), "4096");
  equal(await read(`${root}/cpuset/pods/cpuset.cpus`), "0-3");
  equal(existsSync(`${root}/cpu/pods/cpu.cfs_quota_us`), false);
  await groups.ensure("/pods", { cpuShares: 2, cpuQuota: 5_000, memoryBytes: 0 });
  const found = { cpuShares: 2, cpuPeriod: 100_000 };
  await writeFile(`${root}/memory/pods/memory.limit_in_bytes`, "9223372036854771712\n");
  deepEqual(await groups.limits("/pods"), { ...found, cpuQuota: 5_000, memoryBytes: 0 });
  await groups.ensure("/pods", { cpuShares: 2, cpuQuota: 0 });
  deepEqual(await groups.limits("/pods"), { ...found, cpuQuota: 0, memoryBytes: 0 });
});

for (const [shares, weight] of [
  [2, 1],
  [1_024, 39],
  [262_144, 10_000],
] as const)
  test(`${shares} shares are a weight of ${weight}`, () => {
    equal(weightOf(shares), weight);
  });
