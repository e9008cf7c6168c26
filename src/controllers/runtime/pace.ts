/** Keeps the looks at one key apart, so that a swarm of changes costs few of them. */
import type { Key } from "./controller.ts";

export class Pace {
  readonly #pauseMs: number;
  readonly #looks = new Map<Key, number>();

  constructor(pauseMs: number) {
    this.#pauseMs = pauseMs;
  }

  looked(key: Key, nowMs: number): void {
    if (this.#pauseMs > 0) this.#looks.set(key, nowMs);
  }

  /** How long the next look has to wait. */
  waitMs(key: Key, nowMs: number): number {
    const last = this.#looks.get(key);
    return last === undefined ? 0 : Math.max(0, last + this.#pauseMs - nowMs);
  }

  forget(key: Key): void {
    this.#looks.delete(key);
  }
}
