import { isTolerated, nodeTaints } from "#api/core/taints.ts";
import { definePlugin, hopeless, skip } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

// exact: kube-scheduler
const cordoned = hopeless("node(s) were unschedulable");

const taint = { key: nodeTaints.unschedulable, effect: "NoSchedule" } as const;

const tolerates = ({ pod }: PodInfo): boolean => isTolerated(taint, pod.spec.tolerations);

/** Keeps pods off cordoned nodes, unless they tolerate the taint that goes with it. */
export const nodeUnschedulable = definePlugin<true>({
  name: "NodeUnschedulable",
  dependsOn: "node",
  preFilter: (pod) => (tolerates(pod) ? skip : true),
  filter: (_pod, { node }) => (node.spec.unschedulable ? cordoned : undefined),
  explain: () => ["is cordoned"],
  events: [
    {
      on: ["NodeAdd", "NodeUpdateNodeTaint"],
      hint: (_pod, { node }) => !node?.new?.spec.unschedulable,
    },
    { on: ["TargetPodUpdatePodToleration"], hint: tolerates },
  ],
});
