/**
 * Control groups through their file system, version 1 (one tree per controller) and 2 (one tree).
 * upstream: pkg/kubelet/cm/cgroup_manager_linux.go
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { type Clock, sleep } from "#base/clock.ts";
import type { GroupLimits } from "../container/resources.ts";
import type { Cgroups, GroupUsage } from "../ports.ts";
import { deviceNames } from "./block-devices.ts";
import { isAbsent, machineMemory, namedNumbers, orUndefined, readNumber } from "./cgroup-files.ts";
import { detailsV1, unlimitedBytes } from "./cgroup-v1-details.ts";
import { detailsV2 } from "./cgroup-v2-details.ts";
import { sharesOfWeight, weightOf } from "./cpu-weight.ts";
import { trafficOf, trafficOfGroup } from "./interface-traffic.ts";

interface CgroupOptions {
  readonly clock: Clock;
  /** Where the trees are mounted. */
  readonly root?: string;
  readonly proc?: string;
  readonly sys?: string;
}

export function cgroupfs(options: CgroupOptions): Cgroups {
  const { clock, root = "/sys/fs/cgroup", proc = "/proc", sys = "/sys" } = options;
  const version = existsSync(`${root}/cgroup.controllers`) ? 2 : 1;
  const tree = version === 2 ? treeV2(root, proc) : treeV1(root);
  const place = { root, proc, deviceName: deviceNames(sys) };
  const detailsOf = version === 2 ? detailsV2(place) : detailsV1(place);
  const detailed = async (path: string) => ({
    ...(await tree.usage(path)),
    ...(await detailsOf(path)),
  });
  return {
    version,
    ensure: (path, limits) => tree.ensure(path, limits),
    limits: async (path) => orUndefined(tree.limits(path)),
    remove: async (path) => {
      for (const folder of tree.folders(path)) await removeGroup(folder, clock);
    },
    list: async (path) => (await namesIn(tree.folders(path)[0] ?? "")) ?? [],
    usage: async (path) => orUndefined(tree.usage(path === "/" ? "" : path)),
    details: async (path) => orUndefined(detailed(path === "/" ? "" : path)),
    traffic: (path) =>
      path === "/"
        ? trafficOf("self", proc)
        : trafficOfGroup(`${tree.folders(path)[0]}/cgroup.procs`, proc),
  };
}

interface Tree {
  /** The group's folders: one per controller, or just one. */
  readonly folders: (path: string) => readonly string[];
  readonly ensure: (path: string, limits: GroupLimits) => Promise<void>;
  readonly limits: (path: string) => Promise<GroupLimits>;
  readonly usage: (path: string) => Promise<GroupUsage>;
}

/** Those that runc joins a container to; not every machine has all of them. */
const controllersV1 = [
  "cpu",
  "memory",
  "cpuset",
  "cpuacct",
  "pids",
  "devices",
  "freezer",
  "blkio",
  "hugetlb",
  "systemd",
  // Beside the others on machines in between the versions.
  "unified",
];

function treeV1(root: string): Tree {
  const mounted = controllersV1.filter((name) => existsSync(`${root}/${name}`));
  const folders = (path: string): string[] => mounted.map((name) => `${root}/${name}${path}`);
  const set = (controller: string, path: string) => async (file: string, value: number) => {
    if (mounted.includes(controller))
      await writeFile(`${root}/${controller}${path}/${file}`, String(value));
  };
  return {
    folders,
    ensure: async (path, limits) => {
      for (const folder of folders(path)) await mkdir(folder, { recursive: true });
      if (mounted.includes("cpuset")) await inheritCpuset(`${root}/cpuset`, path);
      const [cpu, memory] = [set("cpu", path), set("memory", path)];
      await cpu("cpu.shares", limits.cpuShares);
      if (limits.cpuQuota !== undefined) {
        await cpu("cpu.cfs_period_us", limits.cpuPeriod ?? 100_000);
        await cpu("cpu.cfs_quota_us", limits.cpuQuota || -1);
      }
      if (limits.memoryBytes !== undefined)
        await memory("memory.limit_in_bytes", limits.memoryBytes || -1);
    },
    limits: async (path) => {
      const [cpu, memory] = [`${root}/cpu${path}`, `${root}/memory${path}`];
      const memoryBytes = await readNumber(`${memory}/memory.limit_in_bytes`);
      return {
        cpuShares: await readNumber(`${cpu}/cpu.shares`),
        cpuQuota: Math.max(await readNumber(`${cpu}/cpu.cfs_quota_us`), 0),
        cpuPeriod: await readNumber(`${cpu}/cpu.cfs_period_us`),
        memoryBytes: memoryBytes < unlimitedBytes ? memoryBytes : 0,
      };
    },
    usage: async (path) => {
      const memory = `${root}/memory${path}`;
      const used = await readNumber(`${memory}/memory.usage_in_bytes`);
      const inactive = await readStat(`${memory}/memory.stat`, "total_inactive_file");
      return {
        cpuNanoseconds: await readNumber(`${root}/cpuacct${path}/cpuacct.usage`),
        memoryBytes: used,
        workingSetBytes: Math.max(used - inactive, 0),
      };
    },
  };
}

/** A new group of this controller is unusable until it says which processors and memory it has. */
async function inheritCpuset(root: string, path: string): Promise<void> {
  const parts = path.split("/").filter(Boolean);
  for (const [i] of parts.entries()) {
    const parent = [root, ...parts.slice(0, i)].join("/");
    const group = [root, ...parts.slice(0, i + 1)].join("/");
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      const own = await readFile(`${group}/${file}`, "utf8");
      if (own.trim() === "")
        await writeFile(`${group}/${file}`, await readFile(`${parent}/${file}`));
    }
  }
}

const controllersV2 = ["cpu", "memory", "pids", "cpuset", "io", "hugetlb"];

function treeV2(root: string, proc: string): Tree {
  const folderOf = (path: string): string => `${root}${path}`;
  return {
    folders: (path) => [folderOf(path)],
    ensure: async (path, limits) => {
      const parts = path.split("/").filter(Boolean);
      for (const [i] of parts.entries()) {
        await delegate([root, ...parts.slice(0, i)].join("/"));
        await mkdir([root, ...parts.slice(0, i + 1)].join("/"), { recursive: true });
      }
      const folder = folderOf(path);
      await writeFile(`${folder}/cpu.weight`, String(weightOf(limits.cpuShares)));
      if (limits.cpuQuota !== undefined)
        await writeFile(
          `${folder}/cpu.max`,
          `${limits.cpuQuota || "max"} ${limits.cpuPeriod ?? 100_000}`,
        );
      if (limits.memoryBytes !== undefined)
        await writeFile(`${folder}/memory.max`, String(limits.memoryBytes || "max"));
    },
    limits: async (path) => {
      const folder = folderOf(path);
      const [quota = "max", period] = (await readFile(`${folder}/cpu.max`, "utf8"))
        .trim()
        .split(" ");
      const memory = (await readFile(`${folder}/memory.max`, "utf8")).trim();
      return {
        cpuShares: sharesOfWeight(await readNumber(`${folder}/cpu.weight`)),
        cpuQuota: quota === "max" ? 0 : Number(quota),
        cpuPeriod: Number(period),
        memoryBytes: memory === "max" ? 0 : Number(memory),
      };
    },
    usage: async (path) => {
      const folder = folderOf(path);
      // The root has no memory.current: the machine's own numbers stand in for it.
      const used =
        path === "" ? await usedMemory(proc) : await readNumber(`${folder}/memory.current`);
      const inactive = await readStat(`${folder}/memory.stat`, "inactive_file");
      return {
        cpuNanoseconds: (await readStat(`${folder}/cpu.stat`, "usage_usec")) * 1_000,
        memoryBytes: used,
        workingSetBytes: Math.max(used - inactive, 0),
      };
    },
  };
}

/** Lets the groups below use the controllers that this one has. */
async function delegate(folder: string): Promise<void> {
  const available = (await readFile(`${folder}/cgroup.controllers`, "utf8")).trim().split(" ");
  const enabled = (await readFile(`${folder}/cgroup.subtree_control`, "utf8")).trim().split(" ");
  const missing = controllersV2.filter(
    (name) => available.includes(name) && !enabled.includes(name),
  );
  if (missing.length === 0) return;
  await writeFile(`${folder}/cgroup.subtree_control`, missing.map((name) => `+${name}`).join(" "));
}

const readStat = async (path: string, name: string): Promise<number> =>
  namedNumbers(await readFile(path, "utf8")).get(name) ?? 0;

async function usedMemory(proc: string): Promise<number> {
  const machine = await machineMemory(proc);
  return (machine.get("MemTotal") ?? 0) - (machine.get("MemFree") ?? 0);
}

async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  const entries = await orUndefined(readdir(folder, { withFileTypes: true }));
  return entries?.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

const removeAttemptsMax = 50;

/** A group goes when it is empty: its processes are killed, and it may take them a moment. */
async function removeGroup(folder: string, clock: Clock): Promise<void> {
  const names = await namesIn(folder);
  if (!names) return;
  for (const name of names) await removeGroup(`${folder}/${name}`, clock);
  for (let attempt = 1; ; attempt++) {
    try {
      return await rmdir(folder);
    } catch (error) {
      if (isAbsent(error)) return;
      if (attempt >= removeAttemptsMax) throw error;
    }
    await killAll(folder);
    await sleep(clock, 20, new AbortController().signal);
  }
}

async function killAll(folder: string): Promise<void> {
  const text = (await orUndefined(readFile(`${folder}/cgroup.procs`, "utf8"))) ?? "";
  for (const pid of text.split("\n").filter(Boolean).map(Number)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
