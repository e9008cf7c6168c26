/**
 * Keeps the objects of one kind at hand: lists once, then follows the watch, from where it was
 * after every interruption, from the start when history is gone. It never polls; a watch that
 * stays silent costs nothing.
 */
import { isReason } from "#api/errors.ts";
import { type AnyKind, type ApiObject, groupResource, type Kind } from "#api/kind.ts";
import { AssertionFailed } from "#base/assert.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import { Cache, type Index } from "./cache.ts";
import type { Client, Selection, WatchEvent } from "./client.ts";

export interface InformerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Change<T extends ApiObject> {
  /** The newest state; the last one when `isGone`. */
  readonly object: T;
  /** What was known before; absent for a new object. */
  readonly old: T | undefined;
  readonly isGone: boolean;
  /** Of the change, in the store. */
  readonly revision: number;
}

export type ChangeListener<T extends ApiObject> = (change: Change<T>) => void;

const retryDelayMsMin = seconds(0.8);
const retryDelayMsMax = seconds(30);

export class Informer<T extends ApiObject = ApiObject> {
  readonly kind: Kind<T>;
  readonly #selection: Selection;
  readonly #options: InformerOptions;
  readonly #cache = new Cache<T>();
  readonly #listeners = new Set<ChangeListener<T>>();
  readonly #progress = new Set<(revision: number) => void>();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #revision = 0;
  /** The watch can go on from `#revision`. */
  #canResume = false;
  #failures = 0;

  constructor(kind: Kind<T>, options: InformerOptions, selection: Selection = {}) {
    this.kind = kind;
    this.#options = options;
    this.#selection = selection;
  }

  /** Resolves when the first list is in. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Everything that happened to the kind up to this revision is in the cache. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#cache.size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#cache.get(namespace, name);
  }

  /** In all namespaces when `namespace` is absent. */
  list(namespace?: string): readonly T[] {
    return this.#cache.list(namespace);
  }

  by(index: Index<T>, value: string): readonly T[] {
    return this.#cache.by(index, value);
  }

  count(index: Index<T>, value: string): number {
    return this.#cache.count(index, value);
  }

  /** Called with every change, in order, after the cache has it. Must not throw. */
  onChange(listener: ChangeListener<T>): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Called whenever `revision` grew, after the listeners of the changes. */
  onProgress(listener: (revision: number) => void): Disposable {
    this.#progress.add(listener);
    return { [Symbol.dispose]: () => void this.#progress.delete(listener) };
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!this.#canResume) await this.#relist(signal);
        await this.#follow(signal);
      } catch (cause) {
        if (cause instanceof AssertionFailed) throw cause;
        if (signal.aborted) return;
        this.#interrupted(cause);
      }
      if (this.#failures > 0) await sleep(this.#options.clock, this.#retryDelayMs(), signal);
    }
  }

  #interrupted(cause: unknown): void {
    this.#failures++;
    if (isReason(cause, "Expired") || isReason(cause, "Gone")) this.#canResume = false;
    const fields = { kind: groupResource(this.kind), cause: String(cause) };
    this.#options.log.info("watch interrupted", { ...fields, failures: this.#failures });
  }

  /** Doubles with every failure; jitter keeps a crowd of informers from returning at once. */
  #retryDelayMs(): number {
    const delayMs = Math.min(retryDelayMsMin * 2 ** (this.#failures - 1), retryDelayMsMax);
    return delayMs * (1 + this.#options.random.next());
  }

  async #relist(signal: AbortSignal): Promise<void> {
    const { items, revision } = await this.#listAll(signal);
    const gone = new Set(this.#cache.list());
    for (const object of items) {
      const { namespace, name = "", resourceVersion } = object.metadata;
      const known = this.#cache.get(namespace, name);
      if (known) gone.delete(known);
      if (known?.metadata.resourceVersion !== resourceVersion) this.#put(object);
    }
    for (const object of gone) this.#remove(object, revision);
    this.#canResume = true;
    // The server's store may have been put back to an earlier state: begin from what it says.
    this.#revision = 0;
    this.#reached(revision);
    this.#isSynced = true;
    this.#synced.resolve();
  }

  async #listAll(signal: AbortSignal): Promise<{ items: readonly T[]; revision: number }> {
    const { client } = this.#options;
    const items: T[] = [];
    let next: string | undefined;
    while (true) {
      const page = await client.list(this.kind, {
        ...this.#selection,
        signal,
        ...(client.pageSize ? { limit: client.pageSize } : {}),
        ...(next ? { continue: next } : {}),
      });
      items.push(...page.items);
      next = page.metadata.continue;
      if (!next) return { items, revision: Number(page.metadata.resourceVersion ?? 0) };
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const started = this.#options.clock.monotonic();
    let isFruitful = false;
    const batches = this.#options.client.watch(this.kind, {
      ...this.#selection,
      signal,
      resourceVersion: String(this.#revision),
      allowBookmarks: true,
    });
    for await (const batch of batches) {
      for (const event of batch) this.#observe(event);
      this.#reached(batch.at(-1)?.revision ?? 0);
      this.#failures = 0;
      isFruitful = true;
    }
    // A server that ends watches as soon as they start must not be asked again at once.
    if (!isFruitful && this.#options.clock.monotonic() - started < seconds(1)) this.#failures++;
  }

  #observe(event: WatchEvent<T>): void {
    if (event.type === "BOOKMARK") return;
    if (event.type === "DELETED") this.#remove(event.object, event.revision);
    else this.#put(event.object, event.revision);
  }

  #put(object: T, revision = Number(object.metadata.resourceVersion ?? 0)): void {
    const { namespace, name = "", uid } = object.metadata;
    const known = this.#cache.get(namespace, name);
    // Another object of the same name: the end of the first one went unnoticed.
    if (known && known.metadata.uid !== uid) this.#remove(known, revision);
    const old = this.#cache.put(object);
    this.#tell({ object, old, isGone: false, revision });
  }

  #remove(object: T, revision: number): void {
    const old = this.#cache.remove(object);
    if (old) this.#tell({ object, old, isGone: true, revision });
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) listener(change);
  }

  #reached(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    for (const listener of this.#progress) listener(revision);
  }
}

/** The informers of one process: each kind and selection is watched once, whoever asks. */
export class InformerSet implements AsyncDisposable {
  readonly #options: InformerOptions;
  readonly #informers = new Map<string, Informer>();
  readonly #stops = new Map<string, AbortController>();
  readonly #running: Promise<void>[] = [];
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;

  constructor(options: InformerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  /** Starts it when nobody asked before. */
  of<T extends ApiObject>(kind: Kind<T>, selection: Selection = {}): Informer<T> {
    const { namespace = "", labelSelector = "", fieldSelector = "" } = selection;
    const name = [identityOf(kind), namespace, labelSelector, fieldSelector].join("|");
    const known = this.#informers.get(name);
    if (known) return known as unknown as Informer<T>;
    const informer = new Informer(kind, this.#options, selection);
    const stop = new AbortController();
    this.#informers.set(name, informer as unknown as Informer);
    this.#stops.set(name, stop);
    this.#running.push(informer.run(AbortSignal.any([this.#signal, stop.signal])));
    return informer;
  }

  /** Of a kind that is served no more; who asks again gets another one. */
  forget(kind: AnyKind): void {
    for (const name of this.#informers.keys()) {
      if (!name.startsWith(`${identityOf(kind)}|`)) continue;
      this.#stops.get(name)?.abort();
      this.#stops.delete(name);
      this.#informers.delete(name);
    }
  }

  /** Resolves when all informers asked for so far have their first list. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }
}

const identityOf = (kind: AnyKind): string => `${kind.apiVersion}/${kind.plural}`;
