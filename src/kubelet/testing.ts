/** A client over plain maps: as much of an API server as a kubelet notices. For tests. */
import { alreadyExists, ApiError, conflict, notFound } from "#api/errors.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Disk } from "#base/disk.ts";
import { Bell } from "#base/signal.ts";
import type { Client, ObjectName, Selection, WatchEvent, WatchOptions } from "#client/client.ts";

interface Entry {
  readonly kind: string;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ApiObject;
  readonly revision: number;
}

type Answer = (at: ObjectName & { readonly subresource: string }, object: object) => object;

export class MemoryClient implements Client {
  /** By kind and name. */
  readonly #objects = new Map<string, ApiObject>();
  readonly #history: Entry[] = [];
  readonly #news = new Bell();
  readonly #answers: Answer;
  #revision = 0;

  constructor(answers: Answer = () => ({})) {
    this.#answers = answers;
  }

  readonly get = async <T extends ApiObject>(kind: Kind<T>, name: ObjectName): Promise<T> =>
    this.#require(kind, name) as T;

  readonly list = async <T extends ApiObject>(kind: Kind<T>, selection: Selection = {}) => ({
    items: this.all(kind).filter((object) => isSelected(object, selection)),
    metadata: { resourceVersion: String(this.#revision) },
  });

  /** Everything there is of a kind. */
  all<T extends ApiObject>(kind: Kind<T>): readonly T[] {
    return [...this.#objects]
      .filter(([key]) => key.startsWith(`${kind.plural}/`))
      .map(([, object]) => object as T);
  }

  readonly watch = <T extends ApiObject>(
    kind: Kind<T>,
    options: WatchOptions,
  ): AsyncIterable<readonly WatchEvent<T>[]> => this.#watch(kind, options);

  async *#watch<T extends ApiObject>(kind: Kind<T>, options: WatchOptions) {
    const signal = options.signal ?? new AbortController().signal;
    let at = this.#history.findIndex(({ revision }) => revision > Number(options.resourceVersion));
    if (at < 0) at = this.#history.length;
    while (!signal.aborted) {
      const news = this.#history.slice(at).filter((entry) => entry.kind === kind.plural);
      at = this.#history.length;
      const seen = news.filter(({ object }) => isSelected(object, options));
      if (seen.length > 0) yield seen as unknown as readonly WatchEvent<T>[];
      else if (at === this.#history.length) await this.#news.heard(signal);
    }
  }

  readonly create = async <T extends ApiObject, In>(kind: Kind<T, In>, input: In): Promise<T> => {
    const object = { apiVersion: kind.apiVersion, kind: kind.kind, ...input } as unknown as T;
    // Nothing of such a kind is kept: the server answers it.
    if (!kind.storage) return this.#answers({ name: "", subresource: kind.plural }, object) as T;
    const { namespace, name = "" } = object.metadata;
    if (this.#objects.has(keyOf(kind, { namespace, name }))) throw alreadyExists(kind, name);
    const uid = object.metadata.uid ?? `uid-${this.#revision + 1}`;
    return this.#put(kind, "ADDED", { ...object, metadata: { ...object.metadata, uid } });
  };

  readonly update = async <T extends ApiObject>(kind: Kind<T>, object: T): Promise<T> => {
    const { namespace, name = "", resourceVersion } = object.metadata;
    const before = this.#require(kind, { namespace, name });
    if (before.metadata.resourceVersion !== resourceVersion) throw conflict(kind, name);
    return this.#put(kind, "MODIFIED", object);
  };

  readonly updateStatus = async <T extends ApiObject>(kind: Kind<T>, object: T): Promise<T> => {
    const { namespace, name = "", resourceVersion } = object.metadata;
    const before = this.#require(kind, { namespace, name });
    if (before.metadata.resourceVersion !== resourceVersion) throw conflict(kind, name);
    const { status } = object as unknown as { status: object };
    return this.#put(kind, "MODIFIED", { ...before, status } as unknown as T);
  };

  readonly patch: Client["patch"] = async (kind, at, patch) => {
    const before = this.#require(kind, at);
    const change = "change" in patch ? patch.change : {};
    return this.#put(kind, "MODIFIED", merged(before, change) as typeof before) as never;
  };

  readonly delete: Client["delete"] = async (kind, at, options = {}) => {
    const before = this.#require(kind, at);
    const { uid } = options.preconditions ?? {};
    if (uid !== undefined && uid !== before.metadata.uid) throw conflict(kind, at.name);
    const isGraceful = "spec" in before && kind.plural === "pods";
    const graceSeconds = options.gracePeriodSeconds ?? (isGraceful ? 30 : 0);
    if (graceSeconds > 0) {
      const metadata = {
        ...before.metadata,
        deletionTimestamp: new Date(0).toISOString(),
        deletionGracePeriodSeconds: graceSeconds,
      };
      this.#put(kind, "MODIFIED", { ...before, metadata });
      return;
    }
    this.#objects.delete(keyOf(kind, at));
    this.#note(kind, "DELETED", before);
  };

  readonly deleteCollection: Client["deleteCollection"] = async () => {
    throw new ApiError("MethodNotAllowed", "not here");
  };

  readonly createSub = async <Out>(
    _kind: AnyKind,
    at: ObjectName & { readonly subresource: string },
    call: { readonly object: object },
  ): Promise<Out> => this.#answers(at, call.object) as Out;

  readonly raw: Client["raw"] = async () => {
    throw new ApiError("NotFound", "not here");
  };

  readonly connect: Client["connect"] = async () => {
    throw new ApiError("NotFound", "not here");
  };

  #require(kind: AnyKind, name: ObjectName): ApiObject {
    const found = this.#objects.get(keyOf(kind, name));
    if (!found) throw notFound(kind, name.name);
    return found;
  }

  #put<T extends ApiObject>(kind: AnyKind, type: "ADDED" | "MODIFIED", object: T): T {
    const resourceVersion = String(this.#revision + 1);
    const written = { ...object, metadata: { ...object.metadata, resourceVersion } };
    const { namespace, name = "" } = object.metadata;
    this.#objects.set(keyOf(kind, { namespace, name }), written);
    this.#note(kind, type, written);
    return written;
  }

  #note(kind: AnyKind, type: Entry["type"], object: ApiObject): void {
    this.#history.push({ kind: kind.plural, type, object, revision: ++this.#revision });
    this.#news.ring();
  }
}

const keyOf = (kind: AnyKind, { namespace = "", name }: ObjectName): string =>
  `${kind.plural}/${namespace}/${name}`;

function isSelected(object: ApiObject, { namespace, fieldSelector }: Selection): boolean {
  if (namespace && object.metadata.namespace !== namespace) return false;
  const [path = "", value] = (fieldSelector ?? "").split("=");
  if (path === "metadata.name") return object.metadata.name === value;
  if (path !== "spec.nodeName") return true;
  return (object as unknown as { spec: { nodeName?: string } }).spec.nodeName === value;
}

function merged(before: object, change: object): object {
  const result: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(change)) {
    const old = result[name];
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    result[name] = isObject && typeof old === "object" && old ? merged(old, value) : value;
  }
  return result;
}

interface MemoryFile {
  readonly is: "file" | "folder" | "link";
  readonly content: Uint8Array;
  readonly target: string;
  readonly mode: number;
  readonly inode: number;
}

/** Files in memory, as far as a kubelet needs them. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, MemoryFile>();
  #inodes = 0;

  readonly read = async (path: string) => this.#files.get(path)?.content;

  readonly write = async (path: string, content: Uint8Array | string, mode = 0o644) =>
    this.#put(path, { is: "file", content: Buffer.from(content), mode });

  readonly append = async (path: string, content: Uint8Array | string) => {
    const before = this.#files.get(path)?.content ?? new Uint8Array();
    this.#put(path, { is: "file", content: Buffer.concat([before, Buffer.from(content)]) });
  };

  readonly list = async (path: string) => {
    const below = [...this.#files.keys()].filter((name) => name.startsWith(`${path}/`));
    const names = new Set(below.map((name) => name.slice(path.length + 1).split("/")[0] ?? ""));
    return names.size > 0 || this.#files.has(path) ? [...names].sort() : undefined;
  };

  readonly makeFolder = async (path: string, mode = 0o755) => {
    if (!this.#files.has(path)) this.#put(path, { is: "folder", mode });
  };

  readonly remove = async (path: string) => {
    for (const name of this.#files.keys())
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
  };

  readonly rename = async (from: string, to: string) => {
    for (const [name, file] of this.#files)
      if (name === from || name.startsWith(`${from}/`)) {
        this.#files.delete(name);
        this.#files.set(to + name.slice(from.length), file);
      }
  };

  readonly link = async (path: string, target: string) => this.#put(path, { is: "link", target });
  readonly readLink = async (path: string) => this.#files.get(path)?.target;
  readonly setMode = async () => undefined;
  readonly setOwner = async () => undefined;

  readonly facts = async (path: string) => {
    const file = this.#files.get(path);
    if (!file) return undefined;
    const { is, mode, inode, content } = file;
    return { is, mode, inode, bytes: content.length, uid: 0, gid: 0, modifiedMs: 0 };
  };

  freeBytes = 50 * 2 ** 30;
  readonly space = async () => ({ totalBytes: 100 * 2 ** 30, freeBytes: this.freeBytes });

  readonly readAt = async (path: string, { offset, bytesMax }: ReadPlace) =>
    (this.#files.get(path)?.content ?? new Uint8Array()).subarray(offset, offset + bytesMax);

  readonly observe = () => ({ [Symbol.dispose]: () => undefined });

  #put(path: string, file: Partial<MemoryFile>): void {
    const blank = { is: "file", content: new Uint8Array(), target: "", mode: 0o644 } as const;
    this.#files.set(path, { ...blank, ...file, inode: ++this.#inodes });
  }
}

interface ReadPlace {
  readonly offset: number;
  readonly bytesMax: number;
}
