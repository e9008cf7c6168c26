/** No pod is admitted beyond what its namespace may have. */
import { Pod } from "#api/core/pod.ts";
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { ResourceQuota } from "#api/core/resourcequota.ts";
import { cpuMilli } from "#base/quantity.ts";
import { defineInvariant } from "./invariant.ts";
import { isOf, type View } from "./view.ts";

export const quotaHolds = defineInvariant({
  says: "a quota is never exceeded",

  check: ({ view }) => ({
    changed(seen) {
      if (!isOf(Pod, seen) || seen.before) return undefined;
      const { namespace = "" } = seen.after?.metadata ?? {};
      for (const { spec, metadata } of view.list(ResourceQuota)) {
        // One with scopes is about some of the pods only.
        if (metadata.namespace !== namespace || spec.scopes || spec.scopeSelector) continue;
        const why = excess(view, namespace, spec.hard ?? {});
        if (why !== undefined) return `${namespace}/${metadata.name}: ${why}`;
      }
      return undefined;
    },
  }),
});

function excess(view: View, namespace: string, hard: Readonly<Record<string, string>>) {
  const pods = view
    .list(Pod)
    .filter((pod) => pod.metadata.namespace === namespace && !isPodTerminal(pod));
  const { pods: podsMax, "requests.cpu": cpuMax } = hard;
  if (podsMax !== undefined && pods.length > Number(podsMax))
    return `${pods.length} pods, and ${podsMax} are allowed`;
  const milli = pods.reduce((sum, pod) => sum + requestedMilli(pod), 0);
  if (cpuMax !== undefined && milli > cpuMilli(cpuMax))
    return `${milli}m of CPU are requested, and ${cpuMax} are allowed`;
  return undefined;
}

const requestedMilli = ({ spec }: Pod): number =>
  spec.containers.reduce((sum, { resources }) => {
    const cpu = resources?.requests?.["cpu"];
    return cpu === undefined ? sum : sum + cpuMilli(cpu);
  }, 0);
