/** Someone else was faster: what a component changes has changed meanwhile. */
import { ApiError } from "#api/errors.ts";
import { chance } from "#base/random.ts";
import { anyClient, checkCaller, defineFault } from "./fault.ts";

interface Conflicts {
  readonly component: string;
  /** Of each update, from 0 to 1. */
  readonly probability: number;
}

export const conflicts = defineFault<Conflicts>({
  draw: (random, world) => {
    const whose = anyClient(random, world);
    return whose && { ...whose, probability: random.next() };
  },

  strike: (world, { component, probability }) => {
    checkCaller(world, component);
    return world.gateway.add(async (call, serve) => {
      const { method } = call.request;
      const isUpdate = method === "PUT" || method === "PATCH";
      if (!isUpdate || call.component !== component) return serve();
      if (!chance(world.random, probability)) return serve();
      throw new ApiError(
        "Conflict",
        "Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again",
      );
    });
  },
});
