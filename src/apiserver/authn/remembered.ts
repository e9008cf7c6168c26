import { rememberedMax } from "./limits.ts";

/** What was found out about credentials, for a while. The older half goes when there are too many. */
export class Remembered<T> {
  readonly #values = new Map<string, T>();

  get(key: string): T | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: T): void {
    if (this.#values.size >= rememberedMax) this.#forgetOlderHalf();
    this.#values.set(key, value);
  }

  /** Maps keep the order of insertion. */
  #forgetOlderHalf(): void {
    let surplus = this.#values.size / 2;
    for (const key of this.#values.keys()) {
      if (surplus-- <= 0) return;
      this.#values.delete(key);
    }
  }
}
