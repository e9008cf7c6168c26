/** Files in memory: a tree, with links that are followed on the way, as a kubelet expects of a disk. */
import type { Clock } from "#base/clock.ts";
import type { Disk, FileFacts } from "#base/disk.ts";

interface Entry {
  readonly is: "file" | "folder" | "link";
  readonly inode: number;
  mode: number;
  uid: number;
  gid: number;
  modifiedMs: number;
  /** Of a file. */
  content: Uint8Array;
  /** Of a link. */
  readonly target: string;
  /** Of a folder. */
  readonly children: Map<string, Entry>;
}

interface Place {
  readonly folder: Entry;
  readonly name: string;
  readonly entry: Entry | undefined;
}

export interface MemoryDiskOptions {
  readonly clock: Clock;
  readonly totalBytes?: number;
}

/** As many links as Linux follows in one path. */
const linksMax = 40;
const nothing = new Uint8Array();
const noChildren: Map<string, Entry> = new Map();

export class MemoryDisk implements Disk {
  readonly #clock: Clock;
  readonly #totalBytes: number;
  #root: Entry;
  /** The tree is also that of a fork, or of the origin: copied before it is written to. */
  #isShared = false;
  readonly #observers = new Map<string, Set<() => void>>();
  #inodes = 0;
  #usedBytes = 0;

  constructor({ clock, totalBytes = 100 * 2 ** 30 }: MemoryDiskOptions) {
    this.#clock = clock;
    this.#totalBytes = totalBytes;
    this.#root = this.#make({ is: "folder", mode: 0o755 });
  }

  /** A twin that goes its own way: whichever is written to first copies the tree. */
  fork(clock: Clock): MemoryDisk {
    const twin = new MemoryDisk({ clock, totalBytes: this.#totalBytes });
    twin.#root = this.#root;
    twin.#inodes = this.#inodes;
    twin.#usedBytes = this.#usedBytes;
    twin.#isShared = true;
    this.#isShared = true;
    return twin;
  }

  #writing(): void {
    if (!this.#isShared) return;
    this.#isShared = false;
    this.#root = copyOf(this.#root);
  }

  readonly read = async (path: string): Promise<Uint8Array | undefined> => {
    const found = this.#follow(path);
    return found?.is === "file" ? found.content : undefined;
  };

  readonly write = async (
    path: string,
    content: Uint8Array | string,
    mode = 0o644,
  ): Promise<void> => {
    this.#writing();
    const { folder, name, entry } = this.#place(path);
    if (entry?.is === "folder") throw failure("EISDIR", path);
    this.#forget(entry);
    folder.children.set(name, this.#make({ is: "file", mode, content: bytesOf(content) }));
    this.#tell(path);
  };

  readonly append = async (path: string, content: Uint8Array | string): Promise<void> => {
    this.#writing();
    const found = this.#follow(path);
    if (!found) return this.write(path, content);
    if (found.is !== "file") throw failure("EISDIR", path);
    const more = bytesOf(content);
    this.#usedBytes += more.length;
    found.content = found.content.length > 0 ? Buffer.concat([found.content, more]) : more;
    found.modifiedMs = this.#clock.now();
    this.#tell(path);
  };

  readonly list = async (path: string): Promise<readonly string[] | undefined> => {
    const found = this.#follow(path);
    return found?.is === "folder" ? [...found.children.keys()].sort() : undefined;
  };

  readonly makeFolder = async (path: string, mode = 0o755): Promise<void> => {
    this.#writing();
    const parts = partsOf(path);
    let at = this.#root;
    for (const [i, name] of parts.entries()) {
      const found = this.#walk(parts.slice(0, i + 1), 0);
      const folder = found ?? this.#make({ is: "folder", mode });
      if (folder.is !== "folder") throw failure("ENOTDIR", path);
      if (!found) at.children.set(name, folder);
      at = folder;
    }
  };

  readonly remove = async (path: string): Promise<void> => {
    this.#writing();
    const place = this.#find(path);
    if (!place?.entry) return;
    this.#forget(place.entry);
    place.folder.children.delete(place.name);
    this.#tell(path);
  };

  readonly rename = async (from: string, to: string): Promise<void> => {
    this.#writing();
    const source = this.#find(from);
    if (!source?.entry) throw failure("ENOENT", from);
    const target = this.#place(to);
    this.#forget(target.entry);
    source.folder.children.delete(source.name);
    target.folder.children.set(target.name, source.entry);
    this.#tell(from);
    this.#tell(to);
  };

  readonly link = async (path: string, target: string): Promise<void> => {
    this.#writing();
    const { folder, name, entry } = this.#place(path);
    this.#forget(entry);
    folder.children.set(name, this.#make({ is: "link", mode: 0o777, target }));
    this.#tell(path);
  };

  readonly readLink = async (path: string): Promise<string | undefined> => {
    const entry = this.#find(path)?.entry;
    return entry?.is === "link" ? entry.target : undefined;
  };

  readonly setMode = async (path: string, mode: number): Promise<void> => {
    this.#writing();
    this.#require(path).mode = mode;
  };

  readonly setOwner = async (path: string, owner: { uid: number; gid: number }): Promise<void> => {
    this.#writing();
    Object.assign(this.#require(path), owner);
  };

  readonly facts = async (path: string): Promise<FileFacts | undefined> => {
    const entry = this.#find(path)?.entry;
    if (!entry) return undefined;
    const { is, mode, uid, gid, modifiedMs, inode, content } = entry;
    return { is, mode, uid, gid, modifiedMs, inode, bytes: content.length };
  };

  readonly space = async (): Promise<{ totalBytes: number; freeBytes: number }> => ({
    totalBytes: this.#totalBytes,
    freeBytes: this.#totalBytes - this.#usedBytes,
  });

  readonly readAt = async (
    path: string,
    { offset, bytesMax }: { offset: number; bytesMax: number },
  ): Promise<Uint8Array> =>
    ((await this.read(path)) ?? nothing).subarray(offset, offset + bytesMax);

  readonly observe = (path: string, changed: () => void): Disposable => {
    const name = normal(path);
    const known = this.#observers.get(name) ?? new Set();
    this.#observers.set(name, known.add(changed));
    return {
      [Symbol.dispose]: () => {
        known.delete(changed);
        if (known.size === 0) this.#observers.delete(name);
      },
    };
  };

  #make(entry: Pick<Entry, "is" | "mode"> & Partial<Entry>): Entry {
    this.#usedBytes += entry.content?.length ?? 0;
    return {
      uid: 0,
      gid: 0,
      content: nothing,
      target: "",
      ...entry,
      inode: ++this.#inodes,
      modifiedMs: this.#clock.now(),
      children: entry.is === "folder" ? new Map() : noChildren,
    };
  }

  #forget(entry: Entry | undefined): void {
    if (!entry) return;
    this.#usedBytes -= entry.content.length;
    for (const child of entry.children.values()) this.#forget(child);
  }

  #tell(path: string): void {
    if (this.#observers.size === 0) return;
    const name = normal(path);
    for (const place of [name, name.slice(0, name.lastIndexOf("/"))])
      for (const changed of this.#observers.get(place) ?? []) changed();
  }

  #require(path: string): Entry {
    const found = this.#follow(path);
    if (!found) throw failure("ENOENT", path);
    return found;
  }

  /** Where a new entry goes: its folder has to be there. */
  #place(path: string): Place {
    const place = this.#find(path);
    if (!place) throw failure("ENOENT", path);
    return place;
  }

  /** The entry itself, also when it is a link. Undefined when its folder is not there. */
  #find(path: string): Place | undefined {
    const parts = partsOf(path);
    const name = parts.pop() ?? "";
    const folder = this.#walk(parts, 0);
    return folder?.is === "folder" ? { folder, name, entry: folder.children.get(name) } : undefined;
  }

  /** What the path leads to in the end. */
  #follow(path: string): Entry | undefined {
    return this.#walk(partsOf(path), 0);
  }

  #walk(parts: readonly string[], links: number): Entry | undefined {
    let at = this.#root;
    for (const [i, name] of parts.entries()) {
      const next = at.children.get(name);
      if (!next) return undefined;
      if (next.is === "link") {
        if (links >= linksMax) throw failure("ELOOP", `/${parts.join("/")}`);
        const base = next.target.startsWith("/") ? [] : parts.slice(0, i);
        const rest = parts.slice(i + 1);
        return this.#walk(partsOf([...base, next.target, ...rest].join("/")), links + 1);
      }
      at = next;
    }
    return at;
  }
}

const copyOf = (entry: Entry): Entry => ({
  ...entry,
  children:
    entry.is === "folder"
      ? new Map(Array.from(entry.children, ([name, child]) => [name, copyOf(child)]))
      : noChildren,
});

function partsOf(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts;
}

const normal = (path: string): string => `/${partsOf(path).join("/")}`;

const bytesOf = (content: Uint8Array | string): Uint8Array =>
  typeof content === "string" ? Buffer.from(content) : content;

const failure = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code });
