/** What came of the last attempt of the pods tried most recently: for those who ask why. */
import type { Verdicts } from "./verdicts.ts";

export interface LastAttempt {
  readonly atMs: number;
  readonly message: string;
  /** Absent when the attempt did not get as far as looking at nodes. */
  readonly verdicts?: Verdicts;
}

const keptMax = 1_024;

export class Attempts {
  readonly #last = new Map<string, LastAttempt>();

  note(uid: string, attempt: LastAttempt): void {
    this.#last.delete(uid);
    this.#last.set(uid, attempt);
    if (this.#last.size <= keptMax) return;
    const [oldest] = this.#last.keys();
    if (oldest !== undefined) this.#last.delete(oldest);
  }

  find(uid: string): LastAttempt | undefined {
    return this.#last.get(uid);
  }

  forget(uid: string): void {
    this.#last.delete(uid);
  }
}
