/** Commits fail: some have no effect, of others nobody knows that they have one. */
import { chance } from "#base/random.ts";
import { defineFault } from "./fault.ts";

interface StoreFailing {
  /** Of each commit, from 0 to 1. */
  readonly probability: number;
  /** It is stored all the same. */
  readonly isStored?: boolean;
}

export const storeFailing = defineFault<StoreFailing>({
  draw: (random) => ({ probability: random.next(), isStored: chance(random, 0.5) }),

  strike: ({ store, random }, { probability, isStored = false }) =>
    store.add(async (_commit, perform) => {
      if (!chance(random, probability)) return perform();
      if (isStored) await perform();
      throw new Error("the store failed");
    }),
});
