/** A node and the API server do not reach each other; what runs there runs on. */
import { unreachable } from "../gateway.ts";
import { anyNode, defineFault, nodeNamed } from "./fault.ts";

interface Partition {
  readonly node: string;
}

export const partition = defineFault<Partition>({
  draw: anyNode,

  strike: (world, { node }) => {
    const cutOff = nodeNamed(world, node);
    const component = `kubelet/${cutOff.name}`;
    const cause = unreachable(`${node} is cut off`);
    world.gateway.interrupt((call) => call.component === component, cause);
    const ends = new DisposableStack();
    // Ended last: by then it can answer what it hears.
    ends.use(cutOff.cutOff());
    ends.use(
      world.gateway.add(async (call, serve) => {
        if (call.component === component) throw cause;
        return serve();
      }),
    );
    return ends;
  },
});
