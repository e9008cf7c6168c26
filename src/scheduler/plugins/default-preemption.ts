import { fitMessage } from "../cycle/fit-message.ts";
import { Verdicts } from "../cycle/verdicts.ts";
import { definePlugin, hopeless, refuse } from "../plugin.ts";

// exact: kube-scheduler
const notHelpful = hopeless("Preemption is not helpful for scheduling");
const noVictims = refuse("No preemption victims found for incoming pod");
const isNever = "not eligible due to preemptionPolicy=Never.";

const name = "DefaultPreemption";

/**
 * Says why making room for the pod would not help. Where pods of lower priority stand in its way
 * it has nothing to say yet: choosing and evicting them is still to come.
 */
export const defaultPreemption = definePlugin({
  name,
  dependsOn: "cluster",
  postFilter(pod, cluster, verdicts) {
    if (pod.pod.spec.preemptionPolicy === "Never") return { message: `preemption: ${isNever}` };
    const findings = [];
    for (const { node, refusal } of verdicts) {
      if (!refusal.isHopeless && [...node.pods].some(({ priority }) => priority < pod.priority))
        return undefined;
      findings.push(refusal.isHopeless ? hopelessFinding : vainFinding);
    }
    const { nodes } = cluster;
    const judged = new Verdicts(nodes, findings, hopelessFinding);
    return { message: `preemption: ${fitMessage({ nodeCount: nodes.length, verdicts: judged })}` };
  },
});

const hopelessFinding = { plugin: name, refusal: notHelpful };
const vainFinding = { plugin: name, refusal: noVictims };
