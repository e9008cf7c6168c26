/**
 * Removes files and folders, and never what is mounted in them: a volume bound into a pod's folder is
 * somebody's data. A bind mount looks like part of the same file system, so the kernel's list of mounts
 * is asked, not only device numbers.
 */
import type { Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ifThere, isMissing } from "./missing.ts";

/** Something is mounted there: nothing was removed. */
export class StillMounted extends Error {
  override readonly name = "StillMounted";
}

/** What does not exist is removed already. Links are removed, not followed. */
export async function removeTree(path: string): Promise<void> {
  const folder = await realFolder(dirname(path));
  if (folder === undefined) return;
  const real = join(folder, basename(path));
  const stats = await facts(real);
  if (!stats) return;
  if (!stats.isDirectory()) return unlink(real);
  const mount = mountsIn(real, await readMounts())[0];
  if (mount !== undefined) throw new StillMounted(`${mount} is mounted: not removing ${path}`);
  await removeFolder(real, stats.dev);
}

async function removeFolder(path: string, device: number): Promise<void> {
  const entries = await fs.readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    const inside = join(path, entry.name);
    if (!entry.isDirectory()) {
      await unlink(inside);
      continue;
    }
    const stats = await facts(inside);
    if (!stats) continue;
    if (stats.dev !== device) throw new StillMounted(`${inside} is on another file system`);
    await removeFolder(inside, device);
  }
  await ifThere(fs.rmdir(path));
}

/** Mount points at or below a path, from the text of /proc/self/mountinfo. */
export function mountsIn(path: string, mountinfo: string): readonly string[] {
  return mountinfo
    .split("\n")
    .map((line) => unescape(line.split(" ")[4] ?? ""))
    .filter((point) => point === path || point.startsWith(`${path}/`));
}

/** Blanks and the like are written as octal numbers. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );

async function readMounts(): Promise<string> {
  try {
    return await fs.readFile("/proc/self/mountinfo", "utf8");
  } catch (cause) {
    if (isMissing(cause)) return ""; // Not Linux: device numbers have to do.
    throw cause;
  }
}

const realFolder = (path: string): Promise<string | undefined> => ifThere(fs.realpath(path));
const facts = (path: string): Promise<Stats | undefined> => ifThere(fs.lstat(path));
const unlink = (path: string): Promise<void> => ifThere(fs.unlink(path));
