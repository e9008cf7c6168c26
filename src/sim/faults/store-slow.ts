/** Each commit takes its time. */
import { sleep } from "#base/clock.ts";
import { below } from "#base/random.ts";
import { defineFault } from "./fault.ts";

interface StoreSlow {
  readonly maxMs: number;
}

const drawnMsMax = 2_000;
const never = new AbortController().signal;

export const storeSlow = defineFault<StoreSlow>({
  draw: (random) => ({ maxMs: 1 + below(random, drawnMsMax) }),

  strike: ({ store, clock, random }, { maxMs }) =>
    store.add(async (_commit, perform) => {
      await sleep(clock, below(random, maxMs), never);
      return perform();
    }),
});
