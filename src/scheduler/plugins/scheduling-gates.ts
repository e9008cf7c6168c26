import { definePlugin, hopeless } from "../plugin.ts";

/** Pods stay out of the queue as long as they have gates. */
export const schedulingGates = definePlugin({
  name: "SchedulingGates",
  preEnqueue({ pod }) {
    const gates = pod.spec.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    // exact: kube-scheduler
    return hopeless(`waiting for scheduling gates: [${gates.map(({ name }) => name).join(" ")}]`);
  },
  events: [{ on: ["TargetPodUpdatePodSchedulingGatesEliminated"] }],
});
