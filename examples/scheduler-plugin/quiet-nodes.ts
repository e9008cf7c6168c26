/**
 * A scheduler plugin of a third party: keeps pods off nodes that have many already, and likes the
 * emptier ones. `most` comes from the configuration file beside this one.
 */
import type { PluginMaker } from "k8ts/scheduler";

export const plugin: PluginMaker = (args, { refuse }) => {
  const { most = 10 } = (args ?? {}) as { readonly most?: number };
  if (!Number.isInteger(most) || most < 1) throw new Error("args.most must be a positive integer");
  // Made once: pods by the thousand get the same answer.
  const notQuiet = refuse("node(s) were not quiet");
  return {
    name: "QuietNodes",
    // Answers go by the pod's spec and the node alone: the scheduler may remember them.
    dependsOn: "node",
    filter: (_pod, node) => (node.pods.size < most ? undefined : notQuiet),
    // For `k8ts why`.
    explain: (_pod, node) => [`has ${node.pods.size} pods, ${most} are too many`],
    score: (_pod, node) => node.pods.size,
    normalize: "low",
    // A refused pod is tried again when a pod leaves a node, or a node comes.
    events: [{ on: ["AssignedPodDelete", "NodeAdd"] }],
  };
};
