/**
 * A folder of files whose readers see all of the old content or all of the new: the files lie in a
 * folder named after the time, `..data` leads there, and the names lead to `..data`.
 * upstream: pkg/volume/util/atomic_writer.go
 */
import type { Disk } from "#base/disk.ts";
import { groupReadable, ownFolder } from "./ownership.ts";
import type { VolumeFile } from "./volume.ts";

const current = "..data";

export interface AtomicFolder {
  readonly disk: Disk;
  readonly path: string;
  /** The fsGroup. */
  readonly gid: number | undefined;
  readonly nowMs: number;
}

/** Brings the folder to this content; does nothing when it is so already. */
export async function writeFolder(
  folder: AtomicFolder,
  files: readonly VolumeFile[],
): Promise<void> {
  const { disk, path, gid, nowMs } = folder;
  await disk.makeFolder(path, 0o755);
  const before = await disk.readLink(`${path}/${current}`);
  if (before !== undefined && (await holds(disk, `${path}/${before}`, files))) return;
  const next = await freeName(disk, path, nowMs);
  await fill(folder, `${path}/${next}`, files);
  await disk.link(`${path}/${current}`, next);
  await linkNames(disk, path, files);
  await ownFolder(disk, path, { mode: 0o755, gid });
  if (before !== undefined) await disk.remove(`${path}/${before}`);
}

/** `..2030_01_01_12_00_00.123`, counted up should it exist. */
async function freeName(disk: Disk, path: string, nowMs: number): Promise<string> {
  const names = new Set(await disk.list(path));
  const time = new Date(nowMs).toISOString().slice(0, -1).replace(/[-:T]/g, "_");
  for (let count = 0; ; count++) {
    const name = `..${time}${String(count).padStart(6, "0")}`;
    if (!names.has(name)) return name;
  }
}

async function holds(disk: Disk, path: string, files: readonly VolumeFile[]): Promise<boolean> {
  const present = await pathsBelow(disk, path, "");
  if (present.length !== files.length) return false;
  for (const { path: name, content } of files) {
    const bytes = await disk.read(`${path}/${name}`);
    if (!bytes || Buffer.compare(bytes, Buffer.from(content)) !== 0) return false;
  }
  return true;
}

async function pathsBelow(disk: Disk, root: string, below: string): Promise<readonly string[]> {
  const names = (await disk.list(`${root}/${below}`)) ?? [];
  const paths = await Promise.all(
    names.map(async (name) => {
      const path = below === "" ? name : `${below}/${name}`;
      const facts = await disk.facts(`${root}/${path}`);
      return facts?.is === "folder" ? pathsBelow(disk, root, path) : [path];
    }),
  );
  return paths.flat();
}

/** Nothing leads to the folder yet, but containers may look into it: it opens once all modes are set. */
async function fill(
  { disk, gid }: AtomicFolder,
  path: string,
  files: readonly VolumeFile[],
): Promise<void> {
  const folders = new Set([path, ...files.flatMap((file) => parentsOf(path, file.path))]);
  for (const folder of folders) await disk.makeFolder(folder, 0o700);
  for (const { path: name, content, mode, uid } of files) {
    const file = `${path}/${name}`;
    await disk.append(file, content);
    if (uid !== undefined || gid !== undefined)
      await disk.setOwner(file, { uid: uid ?? 0, gid: gid ?? 0 });
    await disk.setMode(file, groupReadable(mode, gid));
  }
  for (const folder of [...folders].toReversed())
    await ownFolder(disk, folder, { mode: 0o755, gid });
}

function parentsOf(root: string, path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, i) => `${root}/${parts.slice(0, i + 1).join("/")}`);
}

/** Only the first part of a path is a link; the rest lies behind it. */
async function linkNames(disk: Disk, path: string, files: readonly VolumeFile[]): Promise<void> {
  const wanted = new Set(files.map((file) => file.path.split("/")[0] ?? ""));
  const present = ((await disk.list(path)) ?? []).filter((name) => !name.startsWith(".."));
  for (const name of wanted)
    if (!present.includes(name)) await disk.link(`${path}/${name}`, `${current}/${name}`);
  for (const name of present) if (!wanted.has(name)) await disk.remove(`${path}/${name}`);
}
