/**
 * The revisioned key-value store: an ordered map from key to bytes with one global revision, as
 * etcd has it. It knows bytes and revisions, not kinds. `suite.ts` is the contract as tests.
 */

/** Bytes, which whoever keeps them may keep smaller than they are. */
export interface Value {
  /** Never changed by anybody. One buffer for all who ask, or a new one each time. */
  readonly value: Uint8Array;
  /** How many bytes those are, without making them. */
  readonly size: number;
  /** Writes them at `at`. */
  readonly copy: (into: Uint8Array, at: number) => void;
}

export interface Entry extends Value {
  readonly key: string;
  /** Of the commit that last wrote the key (etcd: mod_revision). */
  readonly revision: number;
  /** Of the commit that created it (etcd: create_revision). */
  readonly created: number;
}

/** Demands that the key was last written at `revision`; 0 demands that it is absent. */
export interface Guard {
  readonly key: string;
  readonly revision: number;
}

/** Without a value the key is deleted. */
export interface Write {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

export interface Commit {
  readonly guards: readonly Guard[];
  /** At most one per key. All of them, or none; they share one revision. */
  readonly writes: readonly Write[];
  /** Kept with the revision for as long as its history is: who wrote, and why. */
  readonly note?: string;
  /** It need not be on disk when the promise resolves; a crash may lose it (leases, events). */
  readonly lazy?: true;
}

export type CommitResult =
  | { readonly ok: true; readonly revision: number }
  /** A guard did not hold: nothing was written. `found` is what stands at its key now. */
  | { readonly ok: false; readonly key: string; readonly found: Entry | undefined };

export interface Change {
  readonly revision: number;
  readonly key: string;
  /** Absent when the key was deleted. */
  readonly entry: Entry | undefined;
  /** What stood there before; absent when the key was created. */
  readonly previous: Entry | undefined;
  readonly note: string | undefined;
}

export interface RangeOptions {
  /** Keys that start with it, in byte order. */
  readonly prefix: string;
  /** Only keys after this one: the last key of the page before. */
  readonly after?: string;
  /** Page size; everything when absent. */
  readonly limit?: number;
  /** As the map was at that revision; the newest when absent. */
  readonly revision?: number;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** The revision the page shows. */
  readonly revision: number;
  /** How many more keys of the prefix follow the page. */
  readonly remaining: number;
}

export interface WatchOptions {
  readonly prefix: string;
  /** Changes with a higher revision, without gaps. */
  readonly after: number;
}

export interface Store extends AsyncDisposable {
  /** The newest revision a reader can see. Starts at 1, as etcd's does, and only grows. */
  readonly revision: () => number;
  readonly get: (key: string, revision?: number) => Promise<Entry | undefined>;
  readonly range: (options: RangeOptions) => Promise<Page>;
  /**
   * Resolves when the commit is durable (flushed to disk, unless `lazy`) and every watcher in this
   * process has been called with it. Guards are checked in call order, against all earlier commits.
   */
  readonly commit: (commit: Commit) => Promise<CommitResult>;
  /**
   * Calls `listener` with batches of changes in revision order; all changes of one commit stand in
   * one batch. History after `options.after` first, before `watch` returns, where it is at hand.
   * Throws `Compacted` when that history is gone. Disposing ends it.
   */
  readonly watch: (options: WatchOptions, listener: ChangeListener) => Disposable;
  /** Forgets history up to and including `revision`: reads and watches from before it fail. */
  readonly compact: (revision: number) => Promise<void>;
  /** The oldest revision that can still be read or watched from. */
  readonly compacted: () => number;
  /** How large all of it is where it is kept, on disk or in memory. */
  readonly bytes?: () => number;
  /** The value is kept in an old form: writing the same again would renew it. */
  readonly isOutdated?: (key: string) => boolean;
  /** A copy-on-write twin in O(1), where the backend can. */
  readonly fork?: () => Store;
}

export type ChangeListener = (changes: readonly Change[]) => void;

/** The history asked for was compacted away (etcd: ErrCompacted). */
export class Compacted extends Error {
  override readonly name = "Compacted";
  readonly compacted: number;

  constructor(asked: number, compacted: number) {
    super(`revision ${asked} was compacted: history starts after ${compacted}`);
    this.compacted = compacted;
  }
}

/** The revision asked for has not happened yet (etcd: ErrFutureRev). */
export class FutureRevision extends Error {
  override readonly name = "FutureRevision";
}
