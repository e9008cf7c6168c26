import { Pod } from "#api/core/pod.ts";
import { definePlugin } from "../plugin.ts";

/** Tells the API server on which node the pod runs. */
export const defaultBinder = definePlugin({
  name: "DefaultBinder",
  async bind({ pod, node }, { client, signal }) {
    const { namespace, name, uid } = pod;
    await client.createSub(
      Pod,
      { namespace, name, subresource: "binding" },
      {
        object: {
          apiVersion: "v1",
          kind: "Binding",
          metadata: { namespace, name, uid },
          target: { kind: "Node", name: node.name },
        },
        signal,
      },
    );
    return true;
  },
});
