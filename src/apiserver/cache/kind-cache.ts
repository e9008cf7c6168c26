/**
 * The objects of one storage prefix as they are now, in key order, with their recent history and
 * those who watch them. Reading is synchronous and copies nothing.
 */
import type { AnyKind } from "#api/kind.ts";
import type { Sealed } from "#api/request.ts";
import type { Change, Entry } from "#store/store.ts";
import { fitted, type Seal, StoredObject } from "../sealed.ts";
import { History } from "./history.ts";
import { SortedMap } from "./sorted-map.ts";
import { Transition } from "./transition.ts";
import type { Watcher } from "./watcher.ts";
import { Watchers } from "./watchers.ts";

/** Some objects in key order. The array is shared and never changed. */
export interface CachePage {
  readonly items: readonly StoredObject[];
  /** Relative to the prefix; empty when there are no items. */
  readonly lastKey: string;
  /** How many follow in the same namespace. */
  readonly remaining: number;
}

export interface PageQuery {
  readonly namespace: string;
  /** Starts with this key, relative to the prefix. */
  readonly from: string;
  readonly limit: number;
}

/** Lists that were asked for since the last change: asked again, they are the same arrays. */
const pagesMax = 16;

export interface Follower {
  /** Turns what the store has into objects; those that this process wrote need no parsing. */
  readonly unpack: (cache: KindCache, entry: Entry) => StoredObject;
  /** Called for each watcher that has something to read now. */
  readonly wake: (watcher: Watcher) => void;
  readonly now: () => number;
}

export class KindCache {
  #seal: Seal;
  readonly prefix: string;
  readonly watchers = new Watchers();
  /** Changes that came by, and events that watchers were told. */
  readonly counts = { received: 0, sent: 0 };
  #objects = new SortedMap<StoredObject>();
  readonly #pages = new Map<string, CachePage>();
  #history = new History(0);
  #changed = 0;

  constructor(seal: Seal, prefix: string) {
    this.#seal = seal;
    this.prefix = prefix;
  }

  /** A twin that goes its own way, without whoever watches this one. */
  fork(): KindCache {
    const twin = new KindCache(this.#seal, this.prefix);
    twin.#objects = this.#objects.fork();
    twin.#history = this.#history.fork();
    twin.#changed = this.#changed;
    return twin;
  }

  get seal(): Seal {
    return this.#seal;
  }

  get kind(): AnyKind {
    return this.#seal.kind;
  }

  /** The kind has changed: its objects are shown as it is now, and whoever watches starts anew. */
  become(seal: Seal, revision: number): void {
    this.#seal = seal;
    for (const object of Array.from(this.#objects.values(""))) {
      this.#objects.set(this.relativeKey(object), object.under(seal));
    }
    this.#pages.clear();
    this.#history = new History(revision);
    this.endWatches();
  }

  endWatches(): void {
    for (const watcher of Array.from(this.watchers.all())) watcher.stream.end();
  }

  /** The revision of the newest change to any object. */
  get changed(): number {
    return this.#changed;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** The key relative to the prefix. */
  keyOf(namespace: string, name: string): string {
    return this.kind.scope === "Cluster" ? name : `${namespace}/${name}`;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#objects.get(this.keyOf(namespace, name));
  }

  /** By its whole key. */
  at(key: string): StoredObject | undefined {
    return this.#objects.get(this.#relative(key));
  }

  page({ namespace, from, limit }: PageQuery): CachePage {
    const memo = `${namespace}/${limit}/${from}`;
    const known = this.#pages.get(memo);
    if (known) return known;
    const page = this.#makePage(namespaceRange(namespace), from, limit);
    if (this.#pages.size >= pagesMax) this.#pages.clear();
    this.#pages.set(memo, page);
    return page;
  }

  #makePage(prefix: string, from: string, limit: number): CachePage {
    const items: StoredObject[] = [];
    for (const object of this.#objects.values(prefix, from)) {
      items.push(object);
      if (items.length >= limit) break;
    }
    const last = items.at(-1);
    if (!last) return { items, lastKey: "", remaining: 0 };
    const lastKey = this.relativeKey(last);
    const remaining = items.length < limit ? 0 : this.#objects.count(prefix, after(lastKey));
    return { items, lastKey, remaining };
  }

  relativeKey({ object: { metadata } }: Sealed): string {
    return this.keyOf(metadata.namespace ?? "", metadata.name ?? "");
  }

  /** Only objects of that name can match. */
  *named(namespace: string, name: string): Iterable<StoredObject> {
    const exact = namespace !== "" || this.kind.scope === "Cluster";
    if (exact) {
      const found = this.get(namespace, name);
      if (found) yield found;
      return;
    }
    for (const object of this.#objects.values("")) {
      if (object.object.metadata.name === name) yield object;
    }
  }

  load(entry: Entry): void {
    const { revision } = entry;
    const value = fitted(this.#seal, entry);
    this.#objects.set(this.#relative(entry.key), new StoredObject(this.#seal, { value, revision }));
    this.#changed = Math.max(this.#changed, revision);
  }

  /** Loading is done: what comes now is news. */
  begin(revision: number): void {
    this.#history = new History(revision);
    this.#changed = revision;
  }

  apply(change: Change, { unpack, wake, now }: Follower): void {
    this.counts.received++;
    const key = this.#relative(change.key);
    const after = change.entry && unpack(this, change.entry);
    const before = after ? this.#objects.set(key, after) : this.#objects.delete(key);
    this.#changed = change.revision;
    this.#pages.clear();
    const transition = this.transitionOf(change, before, after);
    this.#history.push(transition, now());
    if (this.watchers.isEmpty) return;
    this.watchers.concernedBy(transition, (watcher) => {
      if (!watcher.offer(transition)) return;
      this.counts.sent++;
      wake(watcher);
    });
  }

  /** The changes after `revision`, or undefined when they go back further than the history. */
  historySince(revision: number): readonly Transition[] | undefined {
    return revision < this.#history.start ? undefined : this.#history.since(revision);
  }

  /** All that is known. */
  historySinceStart(): readonly Transition[] {
    return this.#history.since(this.#history.start);
  }

  get historyStart(): number {
    return this.#history.start;
  }

  transitionOf(
    { key, revision }: Pick<Change, "key" | "revision">,
    before: StoredObject | undefined,
    after: StoredObject | undefined,
  ): Transition {
    const relative = this.#relative(key);
    const slash = relative.indexOf("/");
    return new Transition(
      { revision, namespace: relative.slice(0, Math.max(0, slash)) },
      before,
      after,
    );
  }

  #relative(key: string): string {
    return key.slice(this.prefix.length + 1);
  }
}

export const namespaceRange = (namespace: string): string =>
  namespace === "" ? "" : `${namespace}/`;

/** The first key that may follow. */
export const after = (key: string): string => `${key}\0`;
