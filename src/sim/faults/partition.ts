/** A node and the API server do not reach each other; what runs there runs on. */
import { unreachable } from "../gateway.ts";
import { anyNode, defineFault, nodeNamed } from "./fault.ts";

interface Partition {
  readonly node: string;
}

export const partition = defineFault<Partition>({
  draw: anyNode,

  strike: (world, { node }) => {
    const component = `kubelet/${nodeNamed(world, node).name}`;
    const cause = unreachable(`${node} is cut off`);
    world.gateway.interrupt((call) => call.component === component, cause);
    return world.gateway.add(async (call, serve) => {
      if (call.component === component) throw cause;
      return serve();
    });
  },
});
