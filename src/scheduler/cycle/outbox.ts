/**
 * Writes that nobody waits for, a few at a time. A newer one about the same thing replaces one that
 * has not left yet.
 */
type Write = () => Promise<void>;

export class Outbox {
  readonly #waiting = new Map<string, Write>();
  readonly #sending = new Map<string, Promise<void>>();
  readonly #concurrencyMax: number;
  readonly #onFailure: (cause: unknown) => void;

  constructor(concurrencyMax: number, onFailure: (cause: unknown) => void) {
    this.#concurrencyMax = concurrencyMax;
    this.#onFailure = onFailure;
  }

  put(key: string, write: Write): void {
    this.#waiting.set(key, write);
    this.#sendMore();
  }

  /** What is on its way already cannot be held back: its end is returned. */
  drop(key: string): Promise<void> | undefined {
    this.#waiting.delete(key);
    return this.#sending.get(key);
  }

  /** Resolves when what is being sent has been sent; what waits is dropped. */
  async close(): Promise<void> {
    this.#waiting.clear();
    await Promise.all(this.#sending.values());
  }

  #sendMore(): void {
    for (const [key, write] of this.#waiting) {
      if (this.#sending.size >= this.#concurrencyMax) return;
      // Two writes about one thing must not overtake each other.
      if (this.#sending.has(key)) continue;
      this.#waiting.delete(key);
      this.#sending.set(key, this.#send(key, write));
    }
  }

  async #send(key: string, write: Write): Promise<void> {
    try {
      await write();
    } catch (cause) {
      this.#onFailure(cause);
    }
    this.#sending.delete(key);
    this.#sendMore();
  }
}
