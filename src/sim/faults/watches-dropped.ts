/**
 * A component's watches break: at once, and again with some of what they tell. It comes back from where
 * it was, or, when history is gone, with a new list: whose order is not that of the changes.
 */
import { ApiError } from "#api/errors.ts";
import { chance } from "#base/random.ts";
import { isWatch, unreachable } from "../gateway.ts";
import { anyClient, checkCaller, defineFault } from "./fault.ts";

interface WatchesDropped {
  readonly component: string;
  /** Of each batch of changes, from 0 to 1. */
  readonly probability: number;
  /** The server says that it no longer knows what happened since. */
  readonly isExpired?: boolean;
}

export const watchesDropped = defineFault<WatchesDropped>({
  draw: (random, world) => {
    const whose = anyClient(random, world);
    return whose && { ...whose, probability: random.next() / 2, isExpired: chance(random, 0.5) };
  },

  strike: (world, { component, probability, isExpired = false }) => {
    checkCaller(world, component);
    const cause = (): Error =>
      isExpired
        ? new ApiError("Expired", "too old resource version")
        : unreachable("the watch broke");
    world.gateway.interrupt((call) => call.component === component && isWatch(call), cause());
    return world.gateway.addStreamRule(async (call, batch) => {
      if (call.component !== component || !chance(world.random, probability)) return [batch];
      throw cause();
    });
  },
});
