/**
 * The embedded store: the map and its history in memory, every commit in an LMDB journal. Commits that come
 * while one batch is being flushed make the next batch, so many share one flush. Readers and watchers see
 * a commit when it is on disk.
 *
 * Lazy commits share those flushes: holding them back would save nothing and cost order.
 */
import { mkdirSync } from "node:fs";
import type { Clock } from "#base/clock.ts";
import { HeldEntry } from "../entry.ts";
import { History, type CommitRecord, type HistoryBudget } from "../history.ts";
import { orderedKey } from "../key-order.ts";
import type { Change, Commit, CommitResult, Entry, Store } from "../store.ts";
import { Shrinking } from "../shrinking.ts";
import { defaultBudget, Timeline, type Staged } from "../timeline.ts";
import { Tree } from "../tree.ts";
import { lockFile, StoreInUse } from "./exclusive.ts";
import { cannotOpen, Journal, StoreFailed } from "./lmdb-journal.ts";
import { Leftovers } from "./lmdb-leftovers.ts";
import type { StoredCommit } from "./lmdb-record.ts";
import { inMemory } from "./memory.ts";

export interface LmdbOptions {
  /** A folder; made when it is missing. */
  readonly path: string;
  readonly history?: Partial<HistoryBudget>;
  /** For the age of history. */
  readonly clock?: Clock;
}

/** Bounds of one transaction, and so of the wait of whoever comes after it. */
const batchCommitsMax = 2_000;
const batchBytesMax = 16 * 2 ** 20;
const forgottenPerBatchMax = 512;

export async function openLmdb({ path, history, clock }: LmdbOptions): Promise<Store> {
  await using undo = new AsyncDisposableStack();
  undo.use(occupy(path));
  const journal = undo.use(new Journal(path));
  const { leftovers, ...loaded } = load(journal, path);
  await journal.remap();
  const timeline = new Timeline({
    ...loaded,
    budget: { ...defaultBudget, ...history },
    forgetting: (record) => leftovers.forget(record),
  });
  const store = new LmdbStore({ timeline, journal, leftovers, clock, opened: undo.move() });
  return {
    revision: () => timeline.revision,
    get: async (key, revision) => timeline.get(key, revision),
    range: async (options) => timeline.range(options),
    commit: (commit) => store.commit(commit),
    watch: (options, listener) => timeline.watch(options, listener),
    compact: (revision) => store.compact(revision),
    compacted: () => timeline.compacted,
    bytes: () => journal.fileBytes,
    // For trying things out: it starts from the same state and never touches the disk.
    fork: () => inMemory(timeline.fork(), clock),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

interface Parts {
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly leftovers: Leftovers;
  readonly clock: Clock | undefined;
  /** What to close in the end. */
  readonly opened: AsyncDisposable;
}

/** A refusal waits, like a commit, until what it was refused for is on disk. */
interface Outcome {
  readonly staged?: Staged | undefined;
  readonly refusal?: CommitResult & { readonly ok: false };
}

interface Waiting extends Outcome {
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (cause: unknown) => void;
}

class LmdbStore {
  readonly #timeline: Timeline;
  readonly #journal: Journal;
  readonly #leftovers: Leftovers;
  readonly #clock: Clock | undefined;
  readonly #opened: AsyncDisposable;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #isClosed = false;

  constructor({ timeline, journal, leftovers, clock, opened }: Parts) {
    this.#timeline = timeline;
    this.#journal = journal;
    this.#leftovers = leftovers;
    this.#clock = clock;
    this.#opened = opened;
  }

  commit(commit: Commit): Promise<CommitResult> {
    if (this.#isClosed) return Promise.reject(new StoreFailed("the store is closed"));
    const accepted = this.#timeline.accept(commit, this.#clock?.now() ?? 0);
    return accepted.ok
      ? this.#enqueue({ staged: accepted.staged })
      : this.#enqueue({ refusal: accepted });
  }

  async compact(revision: number): Promise<void> {
    if (this.#isClosed) throw new StoreFailed("the store is closed");
    this.#timeline.compact(revision);
    while (this.#leftovers.count > 0) await this.#enqueue({});
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing;
    this.#timeline.close();
    await this.#opened[Symbol.asyncDispose]();
  }

  #enqueue(outcome: Outcome): Promise<CommitResult> {
    const { promise, resolve, reject } = Promise.withResolvers<CommitResult>();
    this.#waiting.push({ ...outcome, resolve, reject });
    this.#writing ??= this.#writeAll();
    return promise;
  }

  /** While one batch is told to those who wait for it and to watchers, the next is on its way to the disk. */
  async #writeAll(): Promise<void> {
    await turn();
    for (let batch: Batch | undefined = this.#begin(); batch;) {
      try {
        await batch.written;
      } catch (cause) {
        this.#giveUp(batch.waiting, cause);
        break;
      }
      this.#leftovers.done();
      for (const { record } of batch.staged) this.#leftovers.note(record);
      const next: Batch | undefined = this.#beginIfAny(batch.waiting.length);
      this.#publish(batch);
      if (!next) await turn();
      batch = next ?? this.#beginIfAny();
    }
    this.#writing = undefined;
  }

  #beginIfAny(told = 0): Batch | undefined {
    return this.#waiting.length > 0 ? this.#begin(told) : undefined;
  }

  #begin(told = 0): Batch {
    const waiting = this.#nextBatch(told);
    const staged = waiting.flatMap((one) => one.staged ?? []);
    const { rewrites, compacted } = this.#leftovers.take(forgottenPerBatchMax);
    const commits = staged.map(({ record }) => [record.revision, storedOf(record)] as const);
    const written =
      commits.length > 0 || compacted !== undefined
        ? this.#journal.write({ commits, rewrites, compacted })
        : Promise.resolve();
    return { waiting, staged, written };
  }

  #publish({ waiting, staged }: Batch): void {
    this.#timeline.publish(staged);
    this.#timeline.trim(this.#clock?.now() ?? 0);
    const { revision } = this.#timeline;
    for (const { staged: own, refusal, resolve } of waiting)
      resolve(refusal ?? { ok: true, revision: own?.record.revision ?? revision });
  }

  /**
   * Those who are `told` now that they are on the disk soon come with their next commits. So all together go half
   * by half: the disk has one half while the other is worked on. Taken as they come, a great and a small batch
   * would follow each other for ever, and the great one be waited for.
   */
  #nextBatch(told: number): readonly Waiting[] {
    const share = told > 0 ? Math.ceil((this.#waiting.length + told) / 2) : batchCommitsMax;
    const most = Math.min(share, batchCommitsMax);
    let bytes = 0;
    const end = this.#waiting.findIndex(({ staged }, i) => {
      bytes += staged ? writtenBytes(staged) : 0;
      return i > 0 && (bytes > batchBytesMax || i >= most);
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  /** What waits was accepted on top of what has just been lost. */
  #giveUp(batch: readonly Waiting[], cause: unknown): void {
    const lost = [...batch, ...this.#waiting.splice(0)];
    this.#leftovers.putBack();
    this.#timeline.rollBack();
    for (const { reject } of lost) reject(cause);
  }
}

/** Whoever commits in this turn of the event loop, also in answer to the last batch, comes along. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

interface Batch {
  readonly waiting: readonly Waiting[];
  readonly staged: readonly Staged[];
  readonly written: Promise<void>;
}

/** The folder, and nobody else in it. */
function occupy(path: string): Disposable {
  try {
    makeFolder(path);
    return lockFile(`${path}/lock`);
  } catch (cause) {
    throw cause instanceof StoreInUse ? cause : cannotOpen(path, cause);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") mkdirSync(path); // With the true reason.
    throw cause;
  }
}

function writtenBytes({ record }: Staged): number {
  let bytes = 0;
  for (const { entry } of record.changes) bytes += entry?.size ?? 0;
  return bytes;
}

interface Loaded {
  readonly entries: Tree<Entry>;
  readonly history: History;
  readonly leftovers: Leftovers;
  readonly shrinking: Shrinking;
}

/** Makes the map and its history again, in the order in which it all happened. */
function load(journal: Journal, path: string): Loaded {
  const { compacted } = journal;
  const map = new Map<string, Entry>();
  const history = new History(compacted);
  const leftovers = new Leftovers();
  const shrinking = new Shrinking();
  for (const [revision, commit] of journal.read()) {
    const record = replay({ map, shrinking }, revision, commit);
    leftovers.note(record);
    if (revision <= compacted) continue;
    if (revision !== history.last + 1)
      throw new StoreFailed(
        `the store in ${path} is damaged: revision ${history.last + 1} is missing`,
      );
    history.push(record);
  }
  return { entries: treeOf(map), history, leftovers, shrinking };
}

interface Replaying {
  readonly map: Map<string, Entry>;
  readonly shrinking: Shrinking;
}

function replay(
  { map, shrinking }: Replaying,
  revision: number,
  { note, atMs, writes }: StoredCommit,
): CommitRecord {
  const changes = writes.map(({ key, entry: stored }): Change => {
    const previous = map.get(key);
    const entry = stored && new HeldEntry({ key, revision, ...stored });
    if (entry) {
      map.set(key, entry);
      shrinking.add(entry);
    } else map.delete(key);
    return { revision, key, entry, previous, note };
  });
  return { revision, changes, atMs };
}

function treeOf(map: ReadonlyMap<string, Entry>): Tree<Entry> {
  const entries = Array.from(map.values(), (entry) => ({ ordered: orderedKey(entry.key), entry }));
  entries.sort((a, b) => (a.ordered < b.ordered ? -1 : 1));
  return Tree.from(
    entries.map(({ ordered }) => ordered),
    entries.map(({ entry }) => entry),
  );
}

const storedOf = ({ atMs, changes }: CommitRecord): StoredCommit => ({
  atMs,
  note: changes[0]?.note,
  writes: changes,
});
