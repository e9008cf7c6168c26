/**
 * What all backends have in common: the map at its newest revision, the history behind it, and whoever
 * watches. A commit is first accepted (guards hold, it has a revision, later commits see it) and then
 * published (readers and watchers see it); what lies between is the backend's business.
 */
import { assert } from "#base/assert.ts";
import { HeldEntry } from "./entry.ts";
import type { CommitRecord, History, HistoryBudget } from "./history.ts";
import { afterPrefix, justAfter, orderedKey } from "./key-order.ts";
import {
  Compacted,
  FutureRevision,
  type Change,
  type ChangeListener,
  type Commit,
  type CommitResult,
  type Entry,
  type Page,
  type RangeOptions,
  type WatchOptions,
} from "./store.ts";
import { Shrinking } from "./shrinking.ts";
import type { Span, Tree } from "./tree.ts";

export const defaultBudget: HistoryBudget = {
  revisions: 100_000,
  bytes: 32 * 2 ** 20,
  ageMs: Infinity,
};

/** Of a store that nobody has written to. */
export const firstRevision = 1;

/** States of old revisions that are kept for the next page. */
const recentMax = 8;
/** Changes per call when a watch catches up. */
const batchMax = 1_000;

export interface TimelineStart {
  readonly entries: Tree<Entry>;
  readonly history: History;
  readonly budget: HistoryBudget;
  /** Called with each record before it is forgotten, in order. */
  readonly forgetting?: (record: CommitRecord) => void;
  /** It knows the entries already. */
  readonly shrinking?: Shrinking;
}

/** An accepted commit, and the map after it. */
export interface Staged {
  readonly record: CommitRecord;
  readonly entries: Tree<Entry>;
}

/** A refusal, or a commit to be published; nothing to publish when it changed nothing. */
export type Accepted =
  | { readonly ok: true; readonly staged: Staged | undefined }
  | (CommitResult & { readonly ok: false });

interface Watcher {
  readonly prefix: string;
  readonly listener: ChangeListener;
  /** It has been called with everything up to this revision. */
  seen: number;
}

export class Timeline {
  readonly #history: History;
  readonly #budget: HistoryBudget;
  readonly #forgetting: TimelineStart["forgetting"];
  /** What readers see. */
  #visible: Tree<Entry>;
  /** With accepted commits that are not published yet: what guards are checked against. */
  #head: Tree<Entry>;
  #headRevision: number;
  readonly #watchers = new Set<Watcher>();
  readonly #recent = new Map<number, Tree<Entry>>();
  /** Batches that wait while a listener of an earlier one is being called. */
  readonly #publishing: (readonly Staged[])[] = [];
  readonly #shrinking: Shrinking;

  constructor({ entries, history, budget, forgetting, shrinking }: TimelineStart) {
    this.#shrinking = shrinking ?? new Shrinking();
    this.#history = history;
    this.#budget = budget;
    this.#forgetting = forgetting;
    this.#visible = entries;
    this.#head = entries;
    this.#headRevision = history.last;
  }

  get revision(): number {
    return this.#history.last;
  }

  get compacted(): number {
    return this.#history.compacted;
  }

  /** Of what stands there now: keys and values. It looks at each. */
  get bytes(): number {
    const entries = this.#visible.list({ from: "", to: undefined });
    return entries.reduce((sum, { key, size }) => sum + key.length + size, 0);
  }

  get(key: string, revision?: number): Entry | undefined {
    return this.#at(revision).get(orderedKey(key));
  }

  range({ prefix, after, limit, revision }: RangeOptions): Page {
    const tree = this.#at(revision);
    const span = spanOf(prefix, after);
    const entries = tree.list(span, limit);
    const remaining = limit === undefined ? 0 : tree.count(span) - entries.length;
    const shown = revision ?? this.revision;
    if (remaining > 0) this.#remember(shown, tree);
    return { entries, revision: shown, remaining };
  }

  accept({ guards, writes, note }: Commit, atMs: number): Accepted {
    for (const { key, revision } of guards) {
      const found = this.#head.get(orderedKey(key));
      if ((found?.revision ?? 0) !== revision) return { ok: false, key, found };
    }
    assert(areDistinct(writes), "two writes to one key");
    const revision = this.#headRevision + 1;
    const changes: Change[] = [];
    let entries = this.#head;
    for (const { key, value } of writes) {
      const change = changeOf(entries.get(orderedKey(key)), { key, value, revision, note });
      if (!change) continue;
      changes.push(change);
      entries = applied(entries, change);
    }
    if (changes.length === 0) return { ok: true, staged: undefined };
    this.#head = entries;
    this.#headRevision = revision;
    return { ok: true, staged: { record: { revision, changes, atMs }, entries } };
  }

  /** Takes back whatever was accepted and not published. */
  rollBack(): void {
    this.#head = this.#visible;
    this.#headRevision = this.revision;
  }

  /** Shows accepted commits to readers and watchers, in the order they were accepted. */
  publish(commits: readonly Staged[]): void {
    this.#publishing.push(commits);
    // A listener that commits must not make other listeners see its commit before this one.
    if (this.#publishing.length > 1) return;
    for (let next = this.#publishing[0]; next; next = this.#publishing[0]) {
      this.#show(next);
      this.#publishing.shift();
    }
  }

  watch({ prefix, after }: WatchOptions, listener: ChangeListener): Disposable {
    this.#checkHistory(after);
    const watcher: Watcher = { prefix, listener, seen: after };
    let batch: Change[] = [];
    // The listener may commit, and so make more history.
    for (const { revision, changes } of this.#history.after(after)) {
      for (const change of changes) if (change.key.startsWith(prefix)) batch.push(change);
      watcher.seen = revision;
      if (batch.length < batchMax && revision < this.revision) continue;
      if (batch.length > 0) listener(batch);
      batch = [];
    }
    this.#watchers.add(watcher);
    return { [Symbol.dispose]: () => void this.#watchers.delete(watcher) };
  }

  compact(revision: number): void {
    if (revision > this.revision) throw new FutureRevision(`revision ${revision} is yet to come`);
    for (const record of this.#forgetting ? this.#history.after(this.compacted) : []) {
      if (record.revision > revision) break;
      this.#forgetting?.(record);
    }
    this.#history.compact(revision);
    for (const old of this.#recent.keys()) if (old < this.compacted) this.#recent.delete(old);
  }

  /** Forgets what the budget does not allow for. */
  trim(nowMs: number): void {
    for (let to = this.#excess(nowMs); to !== undefined; to = this.#excess(nowMs)) this.compact(to);
  }

  /** A twin of what readers see; commits that are under way are not in it. */
  fork(): Timeline {
    return new Timeline({
      entries: this.#visible,
      history: this.#history.fork(),
      budget: this.#budget,
    });
  }

  close(): void {
    this.#watchers.clear();
  }

  #excess(nowMs: number): number | undefined {
    return this.#history.excess(this.#budget, nowMs);
  }

  #checkHistory(after: number): void {
    const isWhole = this.compacted === firstRevision;
    if (after < this.compacted && !isWhole) throw new Compacted(after, this.compacted);
  }

  /** The map as it was at a revision. */
  #at(revision = this.revision): Tree<Entry> {
    if (revision === this.revision) return this.#visible;
    if (revision > this.revision) throw new FutureRevision(`revision ${revision} is yet to come`);
    this.#checkHistory(revision);
    const known = this.#recent.get(revision);
    if (known) return known;
    let tree = this.#visible;
    for (const { changes } of this.#history.backTo(revision))
      for (const change of changes) tree = undone(tree, change);
    this.#remember(revision, tree);
    return tree;
  }

  #remember(revision: number, tree: Tree<Entry>): void {
    this.#recent.delete(revision);
    this.#recent.set(revision, tree);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > recentMax && oldest !== undefined) this.#recent.delete(oldest);
  }

  #show(commits: readonly Staged[]): void {
    for (const { record, entries } of commits) {
      this.#history.push(record);
      this.#visible = entries;
    }
    for (const watcher of this.#watchers) tell(watcher, commits);
    // Watchers know what they wrote themselves by its bytes: so not before they were told.
    for (const { record } of commits)
      for (const { entry } of record.changes)
        if (entry instanceof HeldEntry) this.#shrinking.add(entry);
  }
}

function tell(watcher: Watcher, commits: readonly Staged[]): void {
  const { prefix, seen, listener } = watcher;
  const batch: Change[] = [];
  for (const { record } of commits) {
    if (record.revision <= seen) continue;
    watcher.seen = record.revision;
    for (const change of record.changes) if (change.key.startsWith(prefix)) batch.push(change);
  }
  if (batch.length === 0) return;
  try {
    listener(batch);
  } catch (cause) {
    // A bug of the listener's. It must end the process, not the commit or the other listeners.
    queueMicrotask(() => {
      throw cause;
    });
  }
}

/** Keys of a prefix that come after another key. */
function spanOf(prefix: string, after: string | undefined): Span {
  const first = orderedKey(prefix);
  const next = after === undefined ? first : justAfter(orderedKey(after));
  return { from: next > first ? next : first, to: afterPrefix(first) };
}

interface Writing {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly revision: number;
  readonly note: string | undefined;
}

const areDistinct = (writes: Commit["writes"]): boolean =>
  writes.length < 2 || new Set(writes.map(({ key }) => key)).size === writes.length;

/** Undefined when an absent key is deleted: that changes nothing. */
function changeOf(previous: Entry | undefined, writing: Writing): Change | undefined {
  const { key, value, revision, note } = writing;
  if (value === undefined) return previous && { revision, key, entry: undefined, previous, note };
  const created = previous?.created ?? revision;
  const entry = new HeldEntry({ key, value, revision, created });
  return { revision, key, entry, previous, note };
}

const applied = (tree: Tree<Entry>, { key, entry }: Change): Tree<Entry> =>
  entry ? tree.set(orderedKey(key), entry) : tree.delete(orderedKey(key));

const undone = (tree: Tree<Entry>, { key, previous }: Change): Tree<Entry> =>
  previous ? tree.set(orderedKey(key), previous) : tree.delete(orderedKey(key));
