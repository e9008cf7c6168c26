/**
 * The store as one API server sees it. It can be slow or fail, and it is taken away from a server that
 * crashed: whatever that one was still doing has no effect any more.
 */
import type { Commit, CommitResult, Store } from "#store/store.ts";

/** What may happen to a commit: `perform` does it. */
export type StoreInterference = (
  commit: Commit,
  perform: () => Promise<CommitResult>,
) => Promise<CommitResult>;

export class StoreGate {
  readonly #interferences = new Set<StoreInterference>();

  add(interference: StoreInterference): Disposable {
    this.#interferences.add(interference);
    return { [Symbol.dispose]: () => void this.#interferences.delete(interference) };
  }

  /** For one server, until `signal` aborts. */
  open(store: Store, signal: AbortSignal): Store {
    return {
      ...store,
      get: async (...args) => {
        signal.throwIfAborted();
        return store.get(...args);
      },
      range: async (options) => {
        signal.throwIfAborted();
        return store.range(options);
      },
      commit: (commit) => this.#commit(commit, store, signal),
    };
  }

  async #commit(commit: Commit, store: Store, signal: AbortSignal): Promise<CommitResult> {
    let perform = async (): Promise<CommitResult> => {
      signal.throwIfAborted();
      return store.commit(commit);
    };
    for (const interfere of this.#interferences) {
      const next = perform;
      perform = () => interfere(commit, next);
    }
    return perform();
  }
}
