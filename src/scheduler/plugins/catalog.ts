// One line per plugin, sorted. `node tools/tidy.ts --fix` keeps it complete.
export { defaultBinder } from "./default-binder.ts";
export { defaultPreemption } from "./default-preemption.ts";
export { imageLocality } from "./image-locality.ts";
export { interPodAffinity } from "./inter-pod-affinity.ts";
export { nodeAffinity } from "./node-affinity.ts";
export { nodeName } from "./node-name.ts";
export { nodePorts } from "./node-ports.ts";
export { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";
export { nodeResourcesFit } from "./node-resources-fit.ts";
export { nodeUnschedulable } from "./node-unschedulable.ts";
export { podTopologySpread } from "./pod-topology-spread.ts";
export { prioritySort } from "./priority-sort.ts";
export { schedulingGates } from "./scheduling-gates.ts";
export { taintToleration } from "./taint-toleration.ts";
export { volumeBinding } from "./volume-binding.ts";
export { volumeRestrictions } from "./volume-restrictions.ts";
