/**
 * Pods that were given a node which the API does not show yet. They count as if they were there,
 * until the informer confirms it, or the binding fails. Should neither be heard of for long after a
 * binding that went well, the pod is let go: nothing may depend on having seen every event.
 */
import { type Clock, minutes } from "#base/clock.ts";
import type { PodInfo } from "./pod-info.ts";

const expiryMs = minutes(15);

interface Options {
  readonly clock: Clock;
  readonly onExpired: (pod: PodInfo) => void;
}

export class Assumptions implements Disposable {
  readonly #options: Options;
  readonly #pods = new Map<string, PodInfo>();
  /** When each was bound, in that order. */
  readonly #bound = new Map<string, number>();
  #timer: Disposable | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  get size(): number {
    return this.#pods.size;
  }

  has(uid: string): boolean {
    return this.#pods.has(uid);
  }

  add(pod: PodInfo): void {
    this.#pods.set(pod.uid, pod);
  }

  /** The API server took the binding. */
  bound(uid: string): void {
    if (!this.#pods.has(uid)) return;
    this.#bound.set(uid, this.#options.clock.monotonic());
    this.#setTimer();
  }

  /** Confirmed, failed, or deleted. */
  end(uid: string): boolean {
    if (this.#bound.delete(uid) && this.#bound.size === 0) this[Symbol.dispose]();
    return this.#pods.delete(uid);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #setTimer(): void {
    // Looking for the first walks past the holes that confirmed ones left.
    if (this.#timer) return;
    const [first] = this.#bound.values();
    if (first === undefined) return;
    const { clock } = this.#options;
    const delayMs = Math.max(first + expiryMs - clock.monotonic(), 0);
    this.#timer = clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#expire();
    });
  }

  #expire(): void {
    const dueMs = this.#options.clock.monotonic() - expiryMs;
    for (const [uid, boundMs] of this.#bound) {
      if (boundMs > dueMs) break;
      const pod = this.#pods.get(uid);
      this.end(uid);
      if (pod) this.#options.onExpired(pod);
    }
    this.#setTimer();
  }
}
