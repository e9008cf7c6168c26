/** A component hears of changes one by one that happened at once, with time in between. */
import { sleep } from "#base/clock.ts";
import { below } from "#base/random.ts";
import { anyClient, checkCaller, defineFault } from "./fault.ts";

interface WatchesSplit {
  readonly component: string;
  readonly pauseMsMax: number;
}

const drawnMsMax = 500;

export const watchesSplit = defineFault<WatchesSplit>({
  draw: (random, world) => {
    const whose = anyClient(random, world);
    return whose && { ...whose, pauseMsMax: 1 + below(random, drawnMsMax) };
  },

  strike: (world, { component, pauseMsMax }) => {
    checkCaller(world, component);
    return world.gateway.addStreamRule(async (call, batch) => {
      if (call.component !== component) return [batch];
      await sleep(world.clock, below(world.random, pauseMsMax), call.request.signal);
      return batch.map((event) => [event]);
    });
  },
});
