/** The file system. */
import { randomBytes } from "node:crypto";
import { constants, statSync, watch, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Disk, FileFacts } from "#base/disk.ts";
import { ifThere } from "./missing.ts";
import { removeTree } from "./remove-tree.ts";

const fileMode = 0o644;
const folderMode = 0o755;

export const systemDisk: Disk = {
  read: (path) => ifThere(fs.readFile(path)),
  write: writeAtomically,
  append: (path, content) => fs.appendFile(path, content, { mode: fileMode }),
  list: async (path) => (await ifThere(fs.readdir(path)))?.sort(),
  async makeFolder(path, mode = folderMode) {
    const made = await fs.mkdir(path, { recursive: true, mode });
    // The process's mask may have taken bits away.
    if (made !== undefined) await fs.chmod(path, mode);
  },
  remove: removeTree,
  rename: (from, to) => fs.rename(from, to),
  async link(path, target) {
    const aside = besides(path);
    await fs.symlink(target, aside);
    await replace(aside, path);
  },
  readLink: (path) => ifThere(fs.readlink(path)),
  setMode: (path, mode) => fs.chmod(path, mode),
  setOwner: (path, { uid, gid }) => fs.lchown(path, uid, gid),
  async facts(path) {
    const stats = await ifThere(fs.lstat(path));
    return stats && factsOf(stats);
  },
  async space(path) {
    const { blocks, bavail, bsize, files, ffree } = await fs.statfs(path);
    return {
      totalBytes: blocks * bsize,
      freeBytes: bavail * bsize,
      inodes: { total: files, free: ffree },
    };
  },
  readAt,
  observe,
};

async function writeAtomically(
  path: string,
  content: Uint8Array | string,
  mode = fileMode,
): Promise<void> {
  const aside = besides(path);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await fs.open(aside, flags, mode);
  try {
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } catch (cause) {
    await file.close();
    await fs.rm(aside, { force: true });
    throw cause;
  }
  await file.close();
  await replace(aside, path);
}

/** Moves a finished file into its place, and makes sure that it stays there. */
async function replace(aside: string, path: string): Promise<void> {
  try {
    await fs.rename(aside, path);
  } catch (cause) {
    await fs.rm(aside, { force: true });
    throw cause;
  }
  await using folder = await fs.open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  await folder.sync();
}

/** A name nobody else uses, in the same folder: renaming across file systems is not atomic. */
const besides = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);

async function readAt(
  path: string,
  { offset, bytesMax }: { offset: number; bytesMax: number },
): Promise<Uint8Array> {
  await using file = await fs.open(path);
  const buffer = Buffer.allocUnsafe(bytesMax);
  const { bytesRead } = await file.read(buffer, 0, bytesMax, offset);
  return buffer.subarray(0, bytesRead);
}

/**
 * A file is watched through its folder, which must exist: it may be replaced, and may not be there yet. A folder
 * is watched both ways.
 */
function observe(path: string, changed: () => void): Disposable {
  const name = basename(path);
  const options = { persistent: false } as const;
  const watchers = [
    watch(dirname(path), options, (_, what) => {
      if (what === null || what === name) changed();
    }),
  ];
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    watchers.push(watch(path, options, () => changed()));
  return { [Symbol.dispose]: () => watchers.forEach((watcher) => watcher.close()) };
}

/** In which the system counts, whatever the file system's own are. */
const blockBytes = 512;

function factsOf(stats: Stats): FileFacts {
  return {
    is: kindOf(stats),
    bytes: stats.size,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    modifiedMs: stats.mtimeMs,
    inode: stats.ino,
    occupiedBytes: stats.blocks * blockBytes,
    names: stats.nlink,
    device: stats.dev,
  };
}

function kindOf(stats: Stats): FileFacts["is"] {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "folder";
  if (stats.isSymbolicLink()) return "link";
  if (stats.isSocket()) return "socket";
  return stats.isFIFO() ? "pipe" : "device";
}
