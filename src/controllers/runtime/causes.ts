/** Why a key is looked at: the revisions that woke it, passed on with everything that is written. */
import type { Key } from "./controller.ts";

/** The newest ones say enough. */
const revisionsMax = 8;

export class Causes {
  readonly #revisions = new Map<Key, Set<number>>();

  add(key: Key, revision: number): void {
    const known = this.#revisions.get(key) ?? new Set();
    known.add(revision);
    const [oldest] = known;
    if (known.size > revisionsMax && oldest !== undefined) known.delete(oldest);
    this.#revisions.set(key, known);
  }

  /** Put them back when the attempt failed: the next one has the same cause. */
  take(key: Key): { readonly text: string; readonly putBack: () => void } {
    const revisions = this.#revisions.get(key) ?? new Set();
    this.#revisions.delete(key);
    return {
      text: [...revisions].join(","),
      putBack: () => {
        for (const revision of revisions) this.add(key, revision);
      },
    };
  }
}
