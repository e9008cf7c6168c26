/** Several questions within a short time get one answer; nothing is read when nobody asks. */
import type { Clock } from "#base/clock.ts";

interface SharedOptions<T> {
  readonly clock: Pick<Clock, "monotonic">;
  readonly read: () => Promise<T>;
  /** So old an answer may be. */
  readonly freshMs: number;
}

export class SharedReading<T> {
  readonly #options: SharedOptions<T>;
  #kept: { readonly begunMs: number; readonly answer: Promise<T> } | undefined;

  constructor(options: SharedOptions<T>) {
    this.#options = options;
  }

  /** A failed reading is not kept. */
  get(): Promise<T> {
    const { clock, read, freshMs } = this.#options;
    const now = clock.monotonic();
    if (this.#kept && now - this.#kept.begunMs < freshMs) return this.#kept.answer;
    const answer = read();
    const kept = { begunMs: now, answer };
    this.#kept = kept;
    answer.catch(() => {
      if (this.#kept === kept) this.#kept = undefined;
    });
    return answer;
  }
}
