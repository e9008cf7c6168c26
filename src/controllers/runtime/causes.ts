/** Why a key is looked at: the revisions that woke it, passed on with everything that is written. */
import type { Key } from "./controller.ts";

/** The newest ones say enough. */
const revisionsMax = 8;

export class Causes {
  readonly #revisions = new Map<Key, number[]>();

  add(key: Key, revision: number): void {
    const known = this.#revisions.get(key);
    if (!known) this.#revisions.set(key, [revision]);
    else if (!known.includes(revision) && known.push(revision) > revisionsMax) known.shift();
  }

  forget(key: Key): void {
    this.#revisions.delete(key);
  }

  /** Put them back when the attempt failed: the next one has the same cause. */
  take(key: Key): { readonly text: string; readonly putBack: () => void } {
    const revisions = this.#revisions.get(key) ?? [];
    this.#revisions.delete(key);
    return {
      text: revisions.join(","),
      putBack: () => {
        for (const revision of revisions) this.add(key, revision);
      },
    };
  }
}
