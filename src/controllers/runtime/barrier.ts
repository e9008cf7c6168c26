/**
 * Read your writes: a key is not looked at again before the caches show what was written for it.
 * With this, a controller needs no list of creations and deletions that it expects to see.
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { Informer } from "#client/informer.ts";
import type { Key } from "./controller.ts";

/** Something written that a cache does not show yet. */
interface Unseen {
  readonly informer: Informer;
  readonly isSeen: () => boolean;
}

export class Barrier implements Disposable {
  readonly #informers: ReadonlyMap<AnyKind, Informer>;
  readonly #unseen = new Map<Key, Unseen[]>();
  /** Keys that came while something was unseen, and when; they are woken when nothing is any more. */
  readonly #parked = new Map<Key, number>();
  readonly #wake: (key: Key) => void;
  readonly #subscriptions: readonly Disposable[];

  constructor(informers: ReadonlyMap<AnyKind, Informer>, wake: (key: Key) => void) {
    this.#informers = informers;
    this.#wake = wake;
    this.#subscriptions = Array.from(informers.values(), (informer) =>
      informer.onProgress(() => this.#progressed(informer)),
    );
  }

  /** Writes to kinds that the controller does not look at cannot be missed. */
  wrote(key: Key, kind: AnyKind, { metadata }: ApiObject): void {
    const informer = this.#informers.get(kind);
    const revision = Number(metadata.resourceVersion ?? 0);
    if (informer) this.#await(key, { informer, isSeen: () => informer.revision >= revision });
  }

  /** The cache must show the object gone, or on its way. */
  removed(key: Key, kind: AnyKind, object: ApiObject): void {
    const informer = this.#informers.get(kind);
    // What was on its way before may stay as it is for long: a finalizer holds it.
    if (!informer || object.metadata.deletionTimestamp) return;
    const { namespace, name = "", uid } = object.metadata;
    const isSeen = (): boolean => {
      const found = informer.get(namespace, name);
      return found?.metadata.uid !== uid || found?.metadata.deletionTimestamp !== undefined;
    };
    this.#await(key, { informer, isSeen });
  }

  #await(key: Key, unseen: Unseen): void {
    if (unseen.isSeen()) return;
    const others = this.#unseen.get(key);
    if (others) others.push(unseen);
    else this.#unseen.set(key, [unseen]);
  }

  /** Since when the key has been waiting; it is woken as soon as it may pass. */
  waitsSince(key: Key, now: number): number | undefined {
    if (!this.#unseen.has(key)) return undefined;
    const since = this.#parked.get(key) ?? now;
    this.#parked.set(key, since);
    return since;
  }

  /** Gives up waiting for what was written for the key. */
  lift(key: Key): void {
    this.#unseen.delete(key);
    this.#parked.delete(key);
  }

  #progressed(informer: Informer): void {
    for (const [key, all] of this.#unseen) {
      if (!all.some((unseen) => unseen.informer === informer)) continue;
      const left = all.filter((unseen) => !unseen.isSeen());
      if (left.length > 0) {
        this.#unseen.set(key, left);
        continue;
      }
      this.#unseen.delete(key);
      if (this.#parked.delete(key)) this.#wake(key);
    }
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }
}
