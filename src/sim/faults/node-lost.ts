/** A node loses power, with all that runs on it; later it is switched on again. */
import { anyNode, defineFault, nodeNamed } from "./fault.ts";

interface NodeLost {
  readonly node: string;
}

export const nodeLost = defineFault<NodeLost>({
  draw: anyNode,

  strike: (world, { node }) => {
    const lost = nodeNamed(world, node);
    const stopped = lost.stop();
    return { [Symbol.dispose]: () => void stopped.then(() => lost.start()) };
  },
});
