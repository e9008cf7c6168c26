/** A node's clock is wrong. */
import { below } from "#base/random.ts";
import { anyNode, defineFault, nodeNamed } from "./fault.ts";

interface ClockSkew {
  readonly node: string;
  /** How far it is ahead; negative: behind. */
  readonly ms: number;
}

const drawnMsMax = 600_000;

export const clockSkew = defineFault<ClockSkew>({
  draw: (random, world) => {
    const where = anyNode(random, world);
    return where && { ...where, ms: below(random, 2 * drawnMsMax) - drawnMsMax };
  },

  strike: (world, { node, ms }) => {
    const skewed = nodeNamed(world, node);
    skewed.skewMs = ms;
    return { [Symbol.dispose]: () => void (skewed.skewMs = 0) };
  },
});
