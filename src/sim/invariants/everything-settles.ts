/** At rest nothing is half way: no pod that is to end or to run, no namespace that is to be gone. */
import { Namespace } from "#api/core/namespace.ts";
import { isPodReady, isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { defineInvariant } from "./invariant.ts";
import { nameOf } from "./view.ts";

export const everythingSettles = defineInvariant({
  says: "what begins comes to its end",

  check: ({ view, nodes }) => ({
    rested() {
      const on = new Set(nodes.filter(({ isOn }) => isOn).map(({ name }) => name));
      for (const pod of view.list(Pod)) {
        // The kubelet of a node that is switched off may do nothing.
        if (pod.spec.nodeName !== undefined && !on.has(pod.spec.nodeName)) continue;
        if (pod.metadata.deletionTimestamp) return `${nameOf(pod)} is still being deleted`;
        if (pod.spec.nodeName && !isPodTerminal(pod) && !isPodReady(pod))
          return `${nameOf(pod)} is on ${pod.spec.nodeName}, and not ready`;
      }
      for (const namespace of view.list(Namespace))
        if (namespace.metadata.deletionTimestamp) return `${nameOf(namespace)} is still there`;
      return undefined;
    },
  }),
});
