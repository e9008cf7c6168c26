/**
 * The commits on disk: an LMDB database from revision to record, and a small one for facts about it.
 * A write is acknowledged when its transaction is flushed. Only one is under way at a time, so that
 * after a failure nothing can have been written that stands on what was lost.
 */
import { chmodSync, statfsSync, statSync } from "node:fs";
import { open, type Database, type RootDatabase } from "lmdb";
import { messageOf } from "#base/failure.ts";
import { checkDatabaseFile } from "./lmdb-file.ts";
import { decodeCommit, encodeCommit, encodedBytes, type StoredCommit } from "./lmdb-record.ts";

const format = 1;

/**
 * No overlapping sync: a promise means flushed. No batching by the library: its batches of an event turn come with
 * promises of their own, which nobody could wait for when they fail.
 */
const mode = { overlappingSync: false, eventTurnBatching: false } as const;

export interface JournalWrite {
  /** In revision order; they go after everything written before. */
  readonly commits: readonly (readonly [revision: number, commit: StoredCommit])[];
  /** Older records to be replaced by what is left of them, or removed. */
  readonly rewrites: ReadonlyMap<number, StoredCommit | undefined>;
  /** History up to this revision is no longer complete. */
  readonly compacted: number | undefined;
}

export class StoreFailed extends Error {
  override readonly name = "StoreFailed";
}

export const cannotOpen = (path: string, cause: unknown): StoreFailed =>
  new StoreFailed(`cannot open the store in ${path}: ${messageOf(cause)}`, { cause });

/** Less is not enough for a transaction of ordinary size. */
const diskFullBytes = 256 * 1024;

/**
 * LMDB maps the pages that it reads, and those around them, and never lets go of one: after so much was written the
 * file is mapped anew. That takes a millisecond or two, and nothing is read at the time.
 */
const remapBytes = 16 * 2 ** 20;

/** The database's own file: it holds secrets. */
const fileMode = 0o600;

interface Databases {
  readonly root: RootDatabase<number, string>;
  readonly log: Database<Buffer, number>;
}

export class Journal implements AsyncDisposable {
  readonly #path: string;
  /** Absent when it could not be opened again. */
  #databases: Databases | undefined;
  /** Since the file was mapped. */
  #writtenBytes = 0;

  constructor(path: string) {
    this.#path = path;
    try {
      checkDatabaseFile(`${path}/data.mdb`);
      this.#databases = openIn(path);
      chmodSync(`${path}/data.mdb`, fileMode);
      this.#checkFormat();
    } catch (cause) {
      throw cannotOpen(path, cause);
    }
  }

  /** Of the file, as it was allocated. */
  get fileBytes(): number {
    return statSync(`${this.#path}/data.mdb`).size;
  }

  /** History starts after this revision. */
  get compacted(): number {
    return this.#opened().root.get("compacted") ?? 1;
  }

  /** In revision order. */
  *read(): Generator<readonly [revision: number, commit: StoredCommit], undefined> {
    for (const { key, value } of this.#opened().log.getRange()) yield [key, decodeCommit(value)];
  }

  /** Lets go of the memory that reading and writing have mapped. */
  async remap(): Promise<void> {
    const { root } = this.#opened();
    this.#databases = undefined;
    this.#writtenBytes = 0;
    await root.close();
    this.#opened();
  }

  #opened(): Databases {
    try {
      return (this.#databases ??= openIn(this.#path));
    } catch (cause) {
      throw cannotOpen(this.#path, cause);
    }
  }

  /** Resolves when all of it is on disk; fails when nothing of it is. */
  async write({ commits, rewrites, compacted }: JournalWrite): Promise<void> {
    if (this.#writtenBytes > remapBytes) await this.remap();
    const { root, log } = this.#opened();
    const encoded = encodeAll([...commits, ...rewrites]);
    try {
      await log.batch(() => {
        for (const [revision, bytes] of encoded) {
          if (bytes) void log.put(revision, bytes);
          else void log.remove(revision);
        }
        if (compacted !== undefined) void root.put("compacted", compacted);
      });
      for (const [, bytes] of encoded) this.#writtenBytes += bytes?.length ?? 0;
    } catch (cause) {
      const reason = await reasonOf(cause);
      const plain = isFull(this.#path) ? "the disk is full" : reason;
      throw new StoreFailed(`cannot write to the store in ${this.#path}: ${plain}`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#databases?.root.close();
  }

  #checkFormat(): void {
    const { root } = this.#opened();
    const found = root.get("format");
    if (found === undefined) root.putSync("format", format);
    else if (found !== format) throw new Error(`format ${found} is not known here`);
  }
}

function openIn(path: string): Databases {
  const root = open<number, string>({ path, noSubdir: false, encoding: "json", ...mode });
  return { root, log: root.openDB({ name: "log", encoding: "binary" }) };
}

type Encoded = readonly [revision: number, bytes: Buffer | undefined];

/** All of a batch in one piece of memory: LMDB's thread reads from where it lies. */
function encodeAll(
  commits: readonly (readonly [number, StoredCommit | undefined])[],
): readonly Encoded[] {
  let total = 0;
  for (const [, commit] of commits) total += commit ? encodedBytes(commit) : 0;
  const memory = Buffer.allocUnsafeSlow(total);
  let at = 0;
  return commits.map(([revision, commit]): Encoded => {
    if (!commit) return [revision, undefined];
    const start = at;
    at = encodeCommit(commit, memory, start);
    return [revision, memory.subarray(start, at)];
  });
}

/** LMDB reports a full disk as an input/output error. */
function isFull(path: string): boolean {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize < diskFullBytes;
}

/** lmdb says "Commit failed (see commitError for details)"; the details are a promise that fails. */
async function reasonOf(cause: unknown): Promise<string> {
  const details = (cause as { commitError?: Promise<unknown> }).commitError;
  try {
    await details;
  } catch (inner) {
    return messageOf(inner);
  }
  return messageOf(cause);
}
