/** A component hears of changes late: of some kinds later than of others, so in another order. */
import { sleep } from "#base/clock.ts";
import { below } from "#base/random.ts";
import { anyClient, checkCaller, defineFault } from "./fault.ts";

interface WatchesDelayed {
  readonly component: string;
  readonly maxMs: number;
}

const drawnMsMax = 20_000;

export const watchesDelayed = defineFault<WatchesDelayed>({
  draw: (random, world) => {
    const whose = anyClient(random, world);
    return whose && { ...whose, maxMs: 1 + below(random, drawnMsMax) };
  },

  strike: (world, { component, maxMs }) => {
    checkCaller(world, component);
    return world.gateway.addStreamRule(async (call, batch) => {
      if (call.component !== component) return [batch];
      await sleep(world.clock, below(world.random, maxMs), call.request.signal);
      return [batch];
    });
  },
});
