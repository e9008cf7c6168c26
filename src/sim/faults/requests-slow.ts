/** Requests of a component take their time to the server. */
import { sleep } from "#base/clock.ts";
import { below } from "#base/random.ts";
import { anyClient, checkCaller, defineFault } from "./fault.ts";

interface RequestsSlow {
  readonly component: string;
  readonly maxMs: number;
}

const drawnMsMax = 5_000;

export const requestsSlow = defineFault<RequestsSlow>({
  draw: (random, world) => {
    const whose = anyClient(random, world);
    return whose && { ...whose, maxMs: 1 + below(random, drawnMsMax) };
  },

  strike: (world, { component, maxMs }) => {
    checkCaller(world, component);
    return world.gateway.add(async (call, serve) => {
      if (call.component !== component) return serve();
      await sleep(world.clock, below(world.random, maxMs), call.request.signal);
      return serve();
    });
  },
});
