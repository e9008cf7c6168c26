/** Files of this machine as a tar, and a tar as files: what `cp` sends and gets. */
import { once } from "node:events";
import { posix } from "node:path";
import type { Readable } from "node:stream";
import { extract, type Header, pack, type Pack } from "tar-stream";
import type { Disk, FileFacts } from "#base/disk.ts";
import { inside } from "./file-spec.ts";
import { settled } from "./settled.ts";

/** How much of a file is held in memory. */
const pieceBytes = 1024 * 1024;

/** A file, or a folder with all that is in it, under another name. */
export async function* tarOf(
  disk: Disk,
  { path, name }: { readonly path: string; readonly name: string },
): AsyncGenerator<Uint8Array> {
  const archive = pack();
  void settled(fill(archive, disk, { path, name }));
  yield* archive as AsyncIterable<Uint8Array>;
}

interface Item {
  readonly path: string;
  readonly name: string;
}

async function fill(archive: Pack, disk: Disk, item: Item): Promise<void> {
  try {
    await add(archive, disk, item);
    archive.finalize();
  } catch (cause) {
    // Whoever reads the archive gets it.
    archive.destroy(cause as Error);
  }
}

type Heading = Partial<Header> & Pick<Header, "name">;

/** A folder is told of only when it is empty, as kubectl does it: others come with their files. */
async function add(archive: Pack, disk: Disk, item: Item): Promise<void> {
  const facts = await disk.facts(item.path);
  if (!facts) throw new Error(`lstat ${item.path}: no such file or directory`); // exact: Go
  switch (facts.is) {
    case "folder": {
      const names = (await disk.list(item.path)) ?? [];
      if (names.length === 0) await addEntry(archive, headerOf(item, facts, "directory"));
      for (const name of names)
        await add(archive, disk, {
          path: posix.join(item.path, name),
          name: posix.join(item.name, name),
        });
      return;
    }
    case "link": {
      const linkname = (await disk.readLink(item.path)) ?? "";
      return addEntry(archive, { ...headerOf(item, facts, "symlink"), linkname });
    }
    case "file":
      return addFile(archive, disk, { ...item, facts });
    case "socket":
    case "pipe":
    case "device":
      throw new Error(`${item.path} is a ${facts.is}: it cannot be copied`);
    default:
      return facts.is satisfies never;
  }
}

const headerOf = (
  { name }: Item,
  { mode, uid, gid, modifiedMs }: FileFacts,
  type: NonNullable<Header["type"]>,
): Heading => ({ name, type, mode, uid, gid, mtime: new Date(modifiedMs) });

async function addEntry(archive: Pack, header: Heading): Promise<void> {
  const added = Promise.withResolvers<void>();
  archive.entry(header, (cause) => (cause ? added.reject(cause) : added.resolve()));
  await added.promise;
}

async function addFile(
  archive: Pack,
  disk: Disk,
  { facts, ...item }: Item & { readonly facts: FileFacts },
): Promise<void> {
  const size = facts.bytes;
  const added = Promise.withResolvers<void>();
  const header = { ...headerOf(item, facts, "file"), size };
  const entry = archive.entry(header, (cause) => (cause ? added.reject(cause) : added.resolve()));
  for (let offset = 0; offset < size;) {
    const bytesMax = Math.min(pieceBytes, size - offset);
    const piece = await disk.readAt(item.path, { offset, bytesMax });
    if (piece.length === 0) throw new Error(`${item.path} became shorter while it was copied`);
    if (!entry.write(piece)) await once(entry, "drain");
    offset += piece.length;
  }
  entry.end(undefined);
  await added.promise;
}

export interface Unpacking {
  /** What every name begins with. */
  readonly prefix: string;
  /** The file or folder that the archive becomes. */
  readonly target: string;
  readonly warn: (line: string) => void;
  readonly warnOfLink: (path: string, target: string) => void;
}

export interface Unpacker {
  readonly take: (chunk: Uint8Array) => Promise<void>;
  /** When all is taken. Throws what went wrong. */
  readonly finish: () => Promise<void>;
  /** Not all will come. Throws when that is because of what came. */
  readonly abandon: () => Promise<void>;
}

export function unpackTo(disk: Disk, unpacking: Unpacking): Unpacker {
  const archive = extract();
  const entries = archive as unknown as AsyncIterable<Entry>;
  const saving = settled(saveAll(entries, disk, unpacking));
  const finished = async (): Promise<void> => {
    const result = await saving;
    if (result.status === "rejected") throw result.reason;
  };
  return {
    async take(chunk) {
      if (archive.destroyed) throw new Error("the archive could not be unpacked");
      if (!archive.write(chunk)) await Promise.race([settled(once(archive, "drain")), saving]);
    },
    async finish() {
      archive.end(undefined);
      await finished();
    },
    async abandon() {
      if (archive.destroyed) return finished();
      archive.destroy();
      await saving;
    },
  };
}

type Entry = Readable & { readonly header: Header };

async function saveAll(
  archive: AsyncIterable<Entry>,
  disk: Disk,
  { prefix, target, warn, warnOfLink }: Unpacking,
): Promise<void> {
  for await (const entry of archive) {
    const { name, type, linkname } = entry.header;
    // exact: kubectl. Somebody in between made it up.
    if (!name.startsWith(prefix)) throw new Error("tar contents corrupted");
    const path = inside(target, name.slice(prefix.length));
    if (path === undefined) {
      const outside = JSON.stringify(posix.join(target, name.slice(prefix.length)));
      warn(`warning: file ${outside} is outside target destination, skipping\n`); // exact: kubectl
    } else if (type === "directory") await disk.makeFolder(path);
    else if (type === "symlink") warnOfLink(path, linkname ?? "");
    else await save(disk, path, entry);
    entry.resume();
  }
}

async function save(disk: Disk, path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await disk.makeFolder(posix.dirname(path));
  if ((await disk.facts(path))?.is === "folder") throw new Error(`open ${path}: is a directory`); // exact: Go
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let store = disk.write;
  const flush = async (): Promise<void> => {
    await store(path, Buffer.concat(pieces));
    [pieces, bytes, store] = [[], 0, disk.append];
  };
  for await (const chunk of chunks) {
    pieces.push(chunk);
    bytes += chunk.length;
    if (bytes >= pieceBytes) await flush();
  }
  if (bytes > 0 || store === disk.write) await flush();
}
