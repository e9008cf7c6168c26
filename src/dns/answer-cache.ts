/** Keeps answers of other name servers for a short while; those that were asked for last. */
import type { Clock } from "#base/clock.ts";
import type { Forwarded } from "./forwarded.ts";

export interface CacheOptions {
  readonly clock: Clock;
  readonly entriesMax: number;
  /** However long the answer itself allows. */
  readonly keepSecondsMax: number;
}

export interface Cached {
  readonly forwarded: Forwarded;
  readonly ageSeconds: number;
}

interface Entry {
  readonly forwarded: Forwarded;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** Bigger ones are rare, and would fill the memory. */
const entryBytesMax = 4_096;

export class AnswerCache {
  readonly #options: CacheOptions;
  /** The one that was used last stands last. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: string): Cached | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const now = this.#options.clock.monotonic();
    this.#entries.delete(key);
    if (now >= entry.untilMs) return undefined;
    this.#entries.set(key, entry);
    const ageSeconds = Math.floor((now - entry.sinceMs) / 1_000);
    return { forwarded: entry.forwarded, ageSeconds };
  }

  keep(key: string, forwarded: Forwarded): void {
    const { clock, entriesMax, keepSecondsMax } = this.#options;
    const seconds = Math.min(forwarded.keepSeconds, keepSecondsMax);
    if (seconds <= 0 || forwarded.bytes.length > entryBytesMax) return;
    const sinceMs = clock.monotonic();
    this.#entries.delete(key);
    this.#entries.set(key, { forwarded, sinceMs, untilMs: sinceMs + seconds * 1_000 });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > entriesMax && oldest !== undefined) this.#entries.delete(oldest);
  }
}
