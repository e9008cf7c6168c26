/**
 * What of the journal is no longer needed. Forgetting a revision makes garbage of what it overwrote: the older
 * record goes, or, when it wrote other keys too that are still as it left them, it is rewritten with those. So
 * compaction never has to look at anything but the revisions it forgets.
 */
import type { CommitRecord } from "../history.ts";
import type { Entry } from "../store.ts";
import type { StoredCommit } from "./lmdb-record.ts";

export interface Cleaning {
  readonly rewrites: ReadonlyMap<number, StoredCommit | undefined>;
  /** All history up to it is cleaned away; undefined when there is nothing to do. */
  readonly compacted: number | undefined;
}

interface Forgotten {
  readonly revision: number;
  /** Revisions whose records change, and what is left of them. */
  readonly rewrites: readonly (readonly [number, StoredCommit | undefined])[];
}

export class Leftovers {
  /** For records that wrote several keys: those whose entry is still in use. */
  readonly #shared = new Map<number, Map<string, Entry>>();
  #waiting: Forgotten[] = [];
  #taken: Forgotten[] = [];

  /** Forgotten revisions that are not cleaned away yet. */
  get count(): number {
    return this.#waiting.length;
  }

  /** Takes note of a record that is now in the journal. */
  note({ revision, changes }: CommitRecord): void {
    if (changes.length < 2) return;
    const entries = changes.flatMap(({ entry }) => entry ?? []);
    if (entries.length > 1)
      this.#shared.set(revision, new Map(entries.map((entry) => [entry.key, entry])));
  }

  /** History no longer needs what this record overwrote. */
  forget({ revision, changes }: CommitRecord): void {
    const rewrites = changes.flatMap(({ previous }) => (previous ? [this.#without(previous)] : []));
    // Of a commit that only deleted, nothing is left.
    if (changes.every(({ entry }) => !entry)) rewrites.push([revision, undefined]);
    this.#waiting.push({ revision, rewrites });
  }

  /** Cleaning for the next batch; `done` or `putBack` must follow. */
  take(countMax: number): Cleaning {
    this.#taken = this.#waiting.splice(0, countMax);
    const rewrites = new Map(this.#taken.flatMap((forgotten) => forgotten.rewrites));
    return { rewrites, compacted: this.#taken.at(-1)?.revision };
  }

  done(): void {
    this.#taken = [];
  }

  putBack(): void {
    this.#waiting = [...this.#taken, ...this.#waiting];
    this.#taken = [];
  }

  /** What is left of a record without one of its entries. */
  #without({ key, revision }: Entry): readonly [number, StoredCommit | undefined] {
    const others = this.#shared.get(revision);
    others?.delete(key);
    if (others && others.size > 0) return [revision, remainder(others)];
    this.#shared.delete(revision);
    return [revision, undefined];
  }
}

/** Time and note were history's, and are forgotten with it. */
const remainder = (entries: ReadonlyMap<string, Entry>): StoredCommit => ({
  atMs: 0,
  note: undefined,
  writes: Array.from(entries, ([key, entry]) => ({ key, entry })),
});
