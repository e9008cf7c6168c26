/**
 * Everything in the store, as objects, as of the newest commit: what the server reads from. It
 * follows the store's one stream of changes and hands each to the kind it belongs to.
 *
 * The process that commits an object has it in memory already. It says so first (`expect`), and
 * when the commit comes by in the stream, the cache keeps that object instead of parsing the bytes.
 */
import { assert } from "#base/assert.ts";
import { breathe, type Clock, minutes, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Change, Entry, Store } from "#store/store.ts";
import { fitted, sealOf, StoredObject, type Unsealed } from "../sealed.ts";
import { type Follower, KindCache } from "./kind-cache.ts";
import type { Watcher } from "./watcher.ts";

const loadPageSize = 500;
export const bookmarkEveryMs = minutes(1);

export interface WatchCacheOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly isFreezing: boolean;
  /** What the server of the store's origin had read when the store was forked. */
  readonly inherited?: Inheritance | undefined;
}

/** What a server has read, for one that goes on from there with a fork of the store. */
export interface Inheritance {
  readonly revision: number;
  readonly caches: ReadonlyMap<string, KindCache>;
}

/** For one more that goes on from there: neither sees what the other changes. */
export const shared = ({ revision, caches }: Inheritance): Inheritance => ({
  revision,
  caches: new Map(Array.from(caches, ([prefix, cache]) => [prefix, cache.fork()])),
});

interface Waiter {
  readonly revision: number;
  readonly wake: () => void;
}

export class WatchCache implements Disposable {
  readonly store: Store;
  readonly clock: Clock;
  readonly #log: Log;
  readonly #isFreezing: boolean;
  readonly #caches = new Map<string, KindCache>();
  readonly #byKind = new WeakMap<AnyKind, KindCache>();
  /** Changes of kinds that are still being loaded. */
  readonly #backlogs = new Map<KindCache, Change[]>();
  readonly #expected = new Map<Uint8Array, Unsealed>();
  readonly #awake = new Set<Watcher>();
  readonly #follower: Follower = {
    // What comes by is whole, so asking for its bytes costs nothing; and mostly it was written here.
    unpack: (cache, entry) => this.#written(entry) ?? this.unpack(cache, entry),
    wake: (watcher) => void this.#awake.add(watcher),
    now: () => this.clock.now(),
  };
  readonly #lifetime = new AbortController();
  readonly #inherited: Inheritance | undefined;
  #waiters: readonly Waiter[] = [];
  #revision: number;
  #subscription: Disposable;
  #bookmarks: Disposable | undefined;
  /** Somebody watched when this was looked at last, or has begun to since. */
  #isWatched = false;

  constructor({ store, clock, log, isFreezing, inherited }: WatchCacheOptions) {
    this.store = store;
    this.clock = clock;
    this.#log = log;
    this.#isFreezing = isFreezing;
    this.#inherited = inherited;
    this.#revision = store.revision();
    this.#subscription = store.watch({ prefix: "", after: this.#revision }, (changes) =>
      this.#follow(changes),
    );
  }

  [Symbol.dispose](): void {
    this.#lifetime.abort();
    this.#subscription[Symbol.dispose]();
    this.#bookmarks?.[Symbol.dispose]();
    for (const cache of this.#caches.values()) cache.endWatches();
  }

  get revision(): number {
    return this.#revision;
  }

  /** Reads all objects of a kind, a page at a time; from then on they are kept up to date. */
  async add(kind: AnyKind): Promise<void> {
    const prefix = prefixOf(kind);
    assert(!this.#caches.has(prefix), `${prefix} is cached already`);
    const inherited = this.#inheritedOf(kind, prefix);
    if (inherited) {
      this.#caches.set(prefix, inherited);
      return;
    }
    const cache = new KindCache(sealOf(kind, this.#isFreezing), prefix);
    this.#caches.set(prefix, cache);
    this.#backlogs.set(cache, []);
    await this.#load(cache, this.#revision);
  }

  /** Undefined once anything has changed since. */
  #inheritedOf(kind: AnyKind, prefix: string): KindCache | undefined {
    if (this.#inherited?.revision !== this.#revision) return undefined;
    const cache = this.#inherited.caches.get(prefix);
    return cache?.kind === kind && cache.seal.isFreezing === this.#isFreezing ? cache : undefined;
  }

  /** What is read so far, in O(1) for each kind: the objects are shared. */
  fork(): Inheritance {
    const caches = new Map<string, KindCache>();
    for (const [prefix, cache] of this.#caches)
      if (!this.#backlogs.has(cache)) caches.set(prefix, cache.fork());
    return { revision: this.#revision, caches };
  }

  /** The kind replaces one of the same prefix. */
  replace(kind: AnyKind): void {
    this.of(kind).become(sealOf(kind, this.#isFreezing), this.#revision);
  }

  remove(kind: AnyKind): void {
    const prefix = prefixOf(kind);
    this.#caches.get(prefix)?.endWatches();
    this.#caches.delete(prefix);
  }

  has(kind: AnyKind): boolean {
    return this.#caches.has(prefixOf(kind));
  }

  async #load(cache: KindCache, revision: number): Promise<void> {
    let after: string | undefined;
    for (;;) {
      const page = await this.store.range({
        prefix: `${cache.prefix}/`,
        limit: loadPageSize,
        revision,
        ...(after === undefined ? {} : { after }),
      });
      for (const entry of page.entries) cache.load(entry);
      after = page.entries.at(-1)?.key;
      if (page.remaining === 0 || after === undefined) break;
      await breathe(this.clock, this.#lifetime.signal);
    }
    cache.begin(revision);
    const backlog = this.#backlogs.get(cache) ?? [];
    this.#backlogs.delete(cache);
    for (const change of backlog) this.#apply(cache, change);
  }

  of(kind: AnyKind): KindCache {
    const known = this.#byKind.get(kind);
    if (known) return known;
    const cache = this.#caches.get(prefixOf(kind));
    assert(cache, `${kind.plural} are not cached`);
    this.#byKind.set(kind, cache);
    return cache;
  }

  get kinds(): Iterable<KindCache> {
    return this.#caches.values();
  }

  /** Announces bytes about to be committed; `forget` them when the commit is over. */
  expect(unsealed: Unsealed): void {
    this.#expected.set(unsealed.value, unsealed);
  }

  forget(unsealed: Unsealed): void {
    this.#expected.delete(unsealed.value);
  }

  /** The object of an entry, shared with the cache where it has the same revision. */
  unpack(cache: KindCache, entry: Entry): StoredObject {
    const { key, revision } = entry;
    const cached = cache.at(key);
    if (cached?.revision === revision) return cached;
    return (
      this.#written(entry) ??
      new StoredObject(cache.seal, { value: fitted(cache.seal, entry), revision })
    );
  }

  /** The object of an entry that this process is writing. */
  #written(entry: Entry): StoredObject | undefined {
    const expected = this.#expected.size > 0 ? this.#expected.get(entry.value) : undefined;
    return expected?.seal(entry.revision, entry);
  }

  /** Of the object under a key as the cache has it; 0 when there is none. */
  revisionAt(key: string): number {
    return this.#cacheOfKey(key)?.at(key)?.revision ?? 0;
  }

  /** Resolves when the cache shows that revision; false when it does not come in time. */
  async isAsNewAs(revision: number, waitMs: number): Promise<boolean> {
    if (revision <= this.#revision) return true;
    const reached = new AbortController();
    const waiter = { revision, wake: () => reached.abort() };
    this.#waiters = [...this.#waiters, waiter];
    await sleep(this.clock, waitMs, AbortSignal.any([reached.signal, this.#lifetime.signal]));
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
    return revision <= this.#revision;
  }

  /** From now on the watcher is offered every change. */
  attach(cache: KindCache, watcher: Watcher): void {
    cache.watchers.add(watcher);
    this.#isWatched = true;
    if (watcher.isBehind(this.#revision)) this.#planBookmarks();
  }

  /** Where nothing changes there is nothing to tell, and no timer: a cluster at rest is at rest. */
  #planBookmarks(): void {
    if (!this.#isWatched) return;
    this.#bookmarks ??= this.clock.after(bookmarkEveryMs, () => this.#sendBookmarks());
  }

  #sendBookmarks(): void {
    this.#bookmarks = undefined;
    this.#isWatched = false;
    for (const { watchers } of this.#caches.values()) {
      if (watchers.isEmpty) continue;
      this.#isWatched = true;
      for (const watcher of watchers.all()) watcher.bookmark(this.#revision);
    }
  }

  #follow(changes: readonly Change[]): void {
    for (const change of changes) {
      const cache = this.#cacheOfKey(change.key);
      const backlog = cache && this.#backlogs.get(cache);
      if (backlog) backlog.push(change);
      else if (cache) this.#apply(cache, change);
      this.#revision = change.revision;
    }
    for (const watcher of this.#awake) watcher.stream.flush();
    this.#awake.clear();
    this.#planBookmarks();
    for (const { revision, wake } of this.#waiters) if (revision <= this.#revision) wake();
  }

  /** One object that cannot be read must not stop the stream for all others. */
  #apply(cache: KindCache, change: Change): void {
    try {
      cache.apply(change, this.#follower);
    } catch (cause) {
      const { key, revision } = change;
      this.#log.error("a change cannot be told to its watchers", { key, revision, cause });
    }
  }

  /** Keys are `<prefix>/<name>` or `<prefix>/<namespace>/<name>`. */
  #cacheOfKey(key: string): KindCache | undefined {
    const beforeName = key.slice(0, key.lastIndexOf("/"));
    const cluster = this.#caches.get(beforeName);
    if (cluster) return cluster;
    return this.#caches.get(beforeName.slice(0, beforeName.lastIndexOf("/")));
  }
}

function prefixOf(kind: AnyKind): string {
  assert(kind.storage, `${kind.plural} are not stored`);
  return kind.storage.prefix;
}
