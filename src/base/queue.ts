/**
 * A queue of keys to look at: each key at most once, never two workers on one key, first come first
 * served. A key that is added while it is being worked on comes again afterwards.
 * upstream: staging/src/k8s.io/client-go/util/workqueue
 */
import { backoffDelay, type BackoffOptions } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/** Told about every step, for metrics. */
export interface QueueObserver {
  readonly added?: () => void;
  readonly taken?: (waitedMs: number) => void;
  readonly finished?: (workedMs: number) => void;
  readonly retried?: () => void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** For `retry`; 5 ms doubling to 1,000 s when absent, as upstream's controllers have it. */
  readonly backoff?: BackoffOptions;
  readonly observer?: QueueObserver;
}

export interface QueueCounts {
  /** Ready to be taken. */
  readonly waiting: number;
  /** Taken and not done. */
  readonly active: number;
  /** To become ready later. */
  readonly delayed: number;
}

interface Delay {
  readonly atMs: number;
  readonly timer: Disposable;
}

const defaultBackoff: BackoffOptions = { firstMs: 5, maxMs: 1_000_000 };

export class WorkQueue<K = string> implements Disposable {
  readonly #clock: Clock;
  readonly #backoff: BackoffOptions;
  readonly #observer: QueueObserver;
  /** Ready keys in order, with the time since which they are. */
  readonly #waiting = new Map<K, number>();
  /**
   * Stands before the first of them: to begin anew would walk past the holes that taken keys left.
   * It is asked only when there is one, and so never comes to its end.
   */
  readonly #order = this.#waiting.entries();
  /** Keys being worked on, with the time since which they are. */
  readonly #active = new Map<K, number>();
  /** Active keys that came again. */
  readonly #again = new Set<K>();
  readonly #delayed = new Map<K, Delay>();
  readonly #failures = new Map<K, number>();
  readonly #takers = new Map<(key: K | undefined) => void, AbortSignal | undefined>();
  /** Each is listened to once: adding and removing a listener walks past all others that it has. */
  readonly #signals = new Map<AbortSignal, () => void>();
  #isClosed = false;

  constructor({ clock, backoff = defaultBackoff, observer = {} }: WorkQueueOptions) {
    this.#clock = clock;
    this.#backoff = backoff;
    this.#observer = observer;
  }

  add(key: K): void {
    if (this.#isClosed || this.#waiting.has(key) || this.#again.has(key)) return;
    this.#observer.added?.();
    if (this.#active.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#waiting.set(key, this.#clock.monotonic());
    this.#serve();
  }

  /** A key that already waits for an earlier time keeps it. */
  addAfter(key: K, delayMs: number): void {
    if (this.#isClosed) return;
    if (delayMs <= 0) return this.add(key);
    const atMs = this.#clock.monotonic() + delayMs;
    const before = this.#delayed.get(key);
    if (before && before.atMs <= atMs) return;
    before?.timer[Symbol.dispose]();
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { atMs, timer });
  }

  /** Adds the key after its back-off; `forget` ends the series of failures. */
  retry(key: K): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#observer.retried?.();
    this.addAfter(key, backoffDelay(this.#backoff, failures));
  }

  forget(key: K): void {
    this.#failures.delete(key);
  }

  /** Failures in a row. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  /**
   * The next key, which is then the caller's until `done`. Undefined when the queue is closed or
   * `signal` aborts.
   */
  async take(signal?: AbortSignal): Promise<K | undefined> {
    const key = this.#next();
    if (key !== undefined || this.#isClosed || signal?.aborted) return key;
    const taken = Promise.withResolvers<K | undefined>();
    this.#takers.set(taken.resolve, signal);
    if (signal) this.#listen(signal);
    return taken.promise;
  }

  #listen(signal: AbortSignal): void {
    if (this.#signals.has(signal)) return;
    const stop = (): void => {
      this.#signals.delete(signal);
      for (const [resolve, own] of this.#takers) if (own === signal) this.#sendHome(resolve);
    };
    this.#signals.set(signal, stop);
    signal.addEventListener("abort", stop, { once: true });
  }

  #sendHome(taker: (key: K | undefined) => void): void {
    this.#takers.delete(taker);
    taker(undefined);
  }

  /** Ends the work on a taken key. */
  done(key: K): void {
    const since = this.#active.get(key);
    if (since === undefined) return;
    this.#active.delete(key);
    this.#observer.finished?.(this.#clock.monotonic() - since);
    if (!this.#again.delete(key) || this.#isClosed) return;
    this.#waiting.set(key, this.#clock.monotonic());
    this.#serve();
  }

  counts(): QueueCounts {
    return {
      waiting: this.#waiting.size + this.#again.size,
      active: this.#active.size,
      delayed: this.#delayed.size,
    };
  }

  /** How long each taken key has been worked on, oldest first. */
  activeMs(): readonly number[] {
    const now = this.#clock.monotonic();
    return Array.from(this.#active.values(), (since) => now - since);
  }

  /** Drops what waits and sends every taker home. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#again.clear();
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]();
    this.#delayed.clear();
    for (const taker of this.#takers.keys()) this.#sendHome(taker);
    for (const [signal, stop] of this.#signals) signal.removeEventListener("abort", stop);
    this.#signals.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #next(): K | undefined {
    const first = this.#waiting.size > 0 && this.#order.next().value;
    if (!first) return undefined;
    const [key, since] = first;
    const now = this.#clock.monotonic();
    this.#waiting.delete(key);
    this.#active.set(key, now);
    this.#observer.taken?.(now - since);
    return key;
  }

  /** Hands ready keys to whoever has waited longest. */
  #serve(): void {
    for (const resolve of this.#takers.keys()) {
      const key = this.#next();
      if (key === undefined) return;
      this.#takers.delete(resolve);
      resolve(key);
    }
  }
}
