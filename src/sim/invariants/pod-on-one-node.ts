/** A pod stays on the node that it was given, and runs nowhere else. */
import { Pod } from "#api/core/pod.ts";
import { defineInvariant } from "./invariant.ts";
import { isOf, nameOf } from "./view.ts";

export const podOnOneNode = defineInvariant({
  says: "no pod is on two nodes",

  check: ({ nodes }) => ({
    changed(seen) {
      if (!isOf(Pod, seen)) return undefined;
      const [before, after] = [seen.before, seen.after] as [Pod | undefined, Pod | undefined];
      const from = before?.spec.nodeName;
      if (!from || !after || before.metadata.uid !== after.metadata.uid) return undefined;
      if (from === after.spec.nodeName) return undefined;
      return `${nameOf(after)} moved from ${from} to ${after.spec.nodeName}`;
    },

    stepped() {
      const places = new Map<string, string>();
      for (const node of nodes) {
        for (const uid of node.isOn ? node.runningPods() : []) {
          const other = places.get(uid);
          if (other !== undefined) return `pod ${uid} runs on ${other} and on ${node.name}`;
          places.set(uid, node.name);
        }
      }
      return undefined;
    },
  }),
});
