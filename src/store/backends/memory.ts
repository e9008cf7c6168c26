/** A store in this process's memory: for tests, simulations and caches. Forks cost nothing. */
import type { Clock } from "#base/clock.ts";
import { History, type HistoryBudget } from "../history.ts";
import type { Entry, Store } from "../store.ts";
import { defaultBudget, firstRevision, Timeline } from "../timeline.ts";
import { Tree } from "../tree.ts";

export interface MemoryStoreOptions {
  readonly history?: Partial<HistoryBudget>;
  /** For the age of history. */
  readonly clock?: Clock;
}

export function memoryStore({ history, clock }: MemoryStoreOptions = {}): Store {
  const timeline = new Timeline({
    entries: Tree.empty<Entry>(),
    history: new History(firstRevision),
    budget: { ...defaultBudget, ...history },
  });
  return inMemory(timeline, clock);
}

/** A store that keeps nothing but what the timeline holds. */
export function inMemory(timeline: Timeline, clock: Clock | undefined): Store {
  return {
    revision: () => timeline.revision,
    get: async (key, revision) => timeline.get(key, revision),
    range: async (options) => timeline.range(options),
    async commit(commit) {
      const atMs = clock?.now() ?? 0;
      const accepted = timeline.accept(commit, atMs);
      if (!accepted.ok) return accepted;
      const { staged } = accepted;
      if (!staged) return { ok: true, revision: timeline.revision };
      timeline.publish([staged]);
      timeline.trim(atMs);
      return { ok: true, revision: staged.record.revision };
    },
    watch: (options, listener) => timeline.watch(options, listener),
    compact: async (revision) => timeline.compact(revision),
    compacted: () => timeline.compacted,
    bytes: () => timeline.bytes,
    fork: () => inMemory(timeline.fork(), clock),
    [Symbol.asyncDispose]: async () => timeline.close(),
  };
}
