/** How long to wait before trying again: exponentially longer with every failure, up to a limit. */
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

export interface BackoffOptions {
  /** After the first failure. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** 2 when absent. */
  readonly factor?: number;
  /** Lengthens each delay by up to this share, so that many waiters do not come back at once. */
  readonly jitter?: { readonly random: Random; readonly share: number };
}

/** The delay after the `failures`-th failure in a row; none before the first. */
export function backoffDelay(options: BackoffOptions, failures: number): number {
  if (failures <= 0) return 0;
  const { firstMs, maxMs, factor = 2, jitter } = options;
  const delayMs = Math.min(firstMs * factor ** (failures - 1), maxMs);
  return jitter ? delayMs * (1 + jitter.random.next() * jitter.share) : delayMs;
}

interface Failing {
  failures: number;
  untilMs: number;
}

/**
 * Back-off per key: a container's restarts, an image's pulls. A key that has been left alone for
 * twice the longest delay starts over.
 */
export class KeyedBackoff {
  readonly #clock: Clock;
  readonly #options: BackoffOptions;
  readonly #keys = new Map<string, Failing>();

  constructor(clock: Clock, options: BackoffOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Notes a failure; how long to wait from now on. */
  failed(key: string): number {
    const failures = (this.#find(key)?.failures ?? 0) + 1;
    const delayMs = backoffDelay(this.#options, failures);
    // Set anew, so that the map stays in the order in which its entries grow old.
    this.#keys.delete(key);
    this.#keys.set(key, { failures, untilMs: this.#clock.monotonic() + delayMs });
    this.#dropOld();
    return delayMs;
  }

  /** What is left of the wait; 0 when the key may be tried. */
  waitMs(key: string): number {
    const failing = this.#find(key);
    return failing ? Math.max(failing.untilMs - this.#clock.monotonic(), 0) : 0;
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.#find(key)?.failures ?? 0;
  }

  /** It went well. */
  forget(key: string): void {
    this.#keys.delete(key);
  }

  #find(key: string): Failing | undefined {
    const failing = this.#keys.get(key);
    return failing && !this.#isOld(failing) ? failing : undefined;
  }

  #isOld({ untilMs }: Failing): boolean {
    return this.#clock.monotonic() > untilMs + 2 * this.#options.maxMs;
  }

  #dropOld(): void {
    for (const [key, failing] of this.#keys) {
      if (!this.#isOld(failing)) return;
      this.#keys.delete(key);
    }
  }
}
