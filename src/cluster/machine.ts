/** What a cluster leaves on the machine while it runs: found, and removed, by `down` and `reset`. */
import { readdir, readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Processes } from "#base/processes.ts";
import { parseMountPoints } from "#kubelet/runtimes/mounts.ts";
import type { Places } from "./places.ts";

/** Mount points below any of these folders, the deepest first. */
export async function mountsUnder(folders: readonly string[]): Promise<readonly string[]> {
  const table = await readFile("/proc/self/mountinfo", "utf8");
  return parseMountPoints(table)
    .filter((point) => folders.some((f) => point === f || point.startsWith(`${f}/`)))
    .toSorted((a, b) => b.length - a.length);
}

export async function unmountAll(folders: readonly string[], processes: Processes): Promise<void> {
  for (const point of await mountsUnder(folders)) {
    const { code, errors } = await processes.run({ program: "umount", args: ["--lazy", point] });
    // A runtime that is ending may have been faster.
    if (code !== 0 && (await mountsUnder([point])).length > 0)
      throw new Error(`${point} is still mounted: ${errors.trim()}`);
  }
}

/** Processes whose command line names one of our folders: shims, above all. */
export async function processesOf(places: Places): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  const found: number[] = [];
  for (const pid of pids) {
    if (pid === process.pid || pid === process.ppid) continue;
    const words = (await procText(pid, "cmdline")).split("\0");
    if (words.some((word) => isOurs(word, places))) found.push(pid);
  }
  return found;
}

const isOurs = (word: string, { run, data }: Places): boolean =>
  word.startsWith(`${run}/`) || word.startsWith(`${data}/`);

/** Empty when the process ended meanwhile. */
async function procText(pid: number, file: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/${file}`, "utf8");
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes((cause as NodeJS.ErrnoException).code ?? "")) return "";
    throw cause;
  }
}

/** Network namespaces of pods, as containerd makes them; nobody else's bear these names. */
export async function removeNetwork(instance: string, processes: Processes): Promise<void> {
  const run = (program: string, ...args: string[]): Promise<unknown> =>
    processes.run({ program, args });
  await run("ip", "link", "delete", instance);
  await run("nft", "delete", "table", "ip", instance);
}

/** The kernel's control groups below `/name`, in every hierarchy. They must be empty of processes. */
export async function removeCgroups(name: string): Promise<void> {
  const root = "/sys/fs/cgroup";
  const roots = [root, ...(await foldersIn(root)).map((folder) => join(root, folder))];
  for (const hierarchy of roots) await removeGroup(join(hierarchy, name));
}

async function removeGroup(path: string): Promise<void> {
  for (const child of await foldersIn(path)) await removeGroup(join(path, child));
  try {
    await rmdir(path);
  } catch (cause) {
    // Not there, or not a group of ours but a file of the hierarchy.
    if (!["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
}

async function foldersIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? "")) return [];
    throw cause;
  }
}

export const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true });
