/** A component crashes at one of its requests, before or after the server served it, and is down for a while. */
import { below, chance } from "#base/random.ts";
import { unreachable } from "../gateway.ts";
import { anyOf, checkComponent, defineFault } from "./fault.ts";

interface Crash {
  readonly component: string;
  /** At its how manieth request from now; at once when absent. */
  readonly atRequest?: number;
  /** The request was served all the same. */
  readonly isServed?: boolean;
}

const requestsMax = 20;

export const crash = defineFault<Crash>({
  draw: (random, world) => {
    const component = anyOf(random, world.components);
    if (component === undefined) return undefined;
    const atRequest = below(random, requestsMax);
    if (component === "kube-apiserver" || atRequest === 0) return { component };
    return { component, atRequest, isServed: chance(random, 0.5) };
  },

  strike: (world, { component, atRequest = 0, isServed = false }) => {
    checkComponent(world, component);
    const ends = new DisposableStack();
    const crashNow = (): void => void ends.use(world.crash(component));
    if (atRequest <= 0) crashNow();
    let left = atRequest;
    ends.use(
      world.gateway.add(async (call, serve) => {
        if (call.component !== component || left <= 0 || --left > 0) return serve();
        // One that asks while it is being started has started when it crashes.
        await Promise.resolve();
        if (isServed) await serve();
        crashNow();
        throw unreachable(`${component} crashed`);
      }),
    );
    return ends;
  },
});
