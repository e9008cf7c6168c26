/** What came of the last attempt of the pods tried most recently: for those who ask why. */
import type { Verdicts } from "./verdicts.ts";

export interface LastAttempt {
  readonly atMs: number;
  readonly message: string;
  /** Absent when the attempt did not get as far as looking at nodes. */
  readonly verdicts?: Verdicts;
}

const keptMax = 1_024;
const forgottenAtOnce = 128;

export class Attempts {
  readonly #last = new Map<string, LastAttempt>();

  note(uid: string, attempt: LastAttempt): void {
    this.#last.delete(uid);
    this.#last.set(uid, attempt);
    if (this.#last.size <= keptMax) return;
    // Many at once: the way to the oldest leads past the holes that others left.
    for (const oldest of this.#last.keys()) {
      this.#last.delete(oldest);
      if (this.#last.size <= keptMax - forgottenAtOnce) return;
    }
  }

  find(uid: string): LastAttempt | undefined {
    return this.#last.get(uid);
  }

  forget(uid: string): void {
    this.#last.delete(uid);
  }
}
