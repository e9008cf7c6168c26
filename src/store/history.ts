/**
 * What happened, revision by revision, without gaps: what watches resume from and old states are computed
 * from. Chunks are shared between a store and its forks.
 */
import { assert } from "#base/assert.ts";
import type { Change } from "./store.ts";

export interface CommitRecord {
  readonly revision: number;
  /** In the order of the commit's writes; never empty. */
  readonly changes: readonly Change[];
  /** When it happened; 0 when nobody knows. */
  readonly atMs: number;
}

/** How much of the past is kept. It is dropped as soon as one of the limits is passed. */
export interface HistoryBudget {
  readonly revisions: number;
  /** Of keys and overwritten values. */
  readonly bytes: number;
  /** Only where the store has a clock. */
  readonly ageMs: number;
}

const chunkSize = 256;
/** What a change costs besides its key and its value. */
const changeBytes = 200;

interface Chunk {
  readonly records: CommitRecord[];
  bytes: number;
}

export class History {
  #chunks: Chunk[] = [];
  /** Of the first record that is kept. */
  #first: number;
  #length = 0;
  #bytes = 0;
  #ownsLastChunk = true;

  /** An empty one, that goes on after `revision`. */
  constructor(revision: number) {
    this.#first = revision + 1;
  }

  /** Of the newest record. */
  get last(): number {
    return this.#first + this.#length - 1;
  }

  /** The oldest revision from which one can go on. */
  get compacted(): number {
    return this.#first - 1;
  }

  push(record: CommitRecord): void {
    assert(record.revision === this.last + 1, `gap in history before revision ${record.revision}`);
    const bytes = bytesOf(record);
    const chunk = this.#openChunk();
    chunk.records.push(record);
    chunk.bytes += bytes;
    this.#bytes += bytes;
    this.#length++;
  }

  /** Records after `revision` that are kept, oldest first; with those that come while it runs. */
  *after(revision: number): Generator<CommitRecord, undefined> {
    const first = Math.max(revision + 1, this.#first);
    for (let next = first; next <= this.last; next++) yield this.#at(next);
  }

  /** The same, newest first. */
  *backTo(revision: number): Generator<CommitRecord, undefined> {
    const first = Math.max(revision + 1, this.#first);
    for (let next = this.last; next >= first; next--) yield this.#at(next);
  }

  /** Forgets up to and including `revision`. */
  compact(revision: number): void {
    while (this.#length > 0 && this.#first <= revision) this.#drop(revision);
  }

  /** The revision to compact to, so that the budget holds; undefined while it does. */
  excess(budget: HistoryBudget, nowMs: number): number | undefined {
    const [oldest] = this.#chunks;
    const end = oldest?.records.at(-1);
    // Whole chunks only: the budget is a measure, not a promise.
    if (!end || this.#chunks.length < 2) return undefined;
    const isOld = nowMs > 0 && end.atMs > 0 && end.atMs < nowMs - budget.ageMs;
    const isOver = this.#length > budget.revisions || this.#bytes > budget.bytes;
    return isOld || isOver ? end.revision : undefined;
  }

  fork(): History {
    const twin = new History(this.compacted);
    twin.#chunks = this.#chunks.slice();
    twin.#length = this.#length;
    twin.#bytes = this.#bytes;
    twin.#ownsLastChunk = false;
    this.#ownsLastChunk = false;
    return twin;
  }

  #at(revision: number): CommitRecord {
    // Records that were forgotten may still stand at the front of the first chunk.
    const index = revision - (this.#chunks[0]?.records[0]?.revision ?? 0);
    const record = this.#chunks[Math.floor(index / chunkSize)]?.records[index % chunkSize];
    assert(record?.revision === revision, `revision ${revision} is not in history`);
    return record;
  }

  #openChunk(): Chunk {
    const last = this.#chunks.at(-1);
    if (!last || last.records.length >= chunkSize) {
      const chunk = { records: [], bytes: 0 };
      this.#chunks.push(chunk);
      this.#ownsLastChunk = true;
      return chunk;
    }
    if (this.#ownsLastChunk) return last;
    const own = { records: last.records.slice(), bytes: last.bytes };
    this.#chunks[this.#chunks.length - 1] = own;
    this.#ownsLastChunk = true;
    return own;
  }

  /** The first chunk, or that part of it that is forgotten. */
  #drop(revision: number): void {
    const [oldest] = this.#chunks;
    const end = oldest?.records.at(-1)?.revision ?? 0;
    const upTo = Math.min(end, revision);
    this.#length -= upTo - this.#first + 1;
    this.#first = upTo + 1;
    if (!oldest || upTo < end) return;
    this.#chunks.shift();
    this.#bytes -= oldest.bytes;
  }
}

function bytesOf({ changes }: CommitRecord): number {
  let bytes = 0;
  for (const { key, previous } of changes)
    bytes += changeBytes + key.length + (previous?.size ?? 0);
  return bytes;
}
