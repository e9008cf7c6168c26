/** What a component asks for is done, but it does not hear of it. */
import { chance } from "#base/random.ts";
import { unreachable } from "../gateway.ts";
import { anyClient, checkCaller, defineFault } from "./fault.ts";

interface RepliesLost {
  readonly component: string;
  /** Of each request, from 0 to 1. */
  readonly probability: number;
}

export const repliesLost = defineFault<RepliesLost>({
  draw: (random, world) => {
    const whose = anyClient(random, world);
    return whose && { ...whose, probability: random.next() };
  },

  strike: (world, { component, probability }) => {
    checkCaller(world, component);
    return world.gateway.add(async (call, serve) => {
      if (call.component !== component || !chance(world.random, probability)) return serve();
      await serve();
      throw unreachable("the reply was lost");
    });
  },
});
