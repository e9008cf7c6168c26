/**
 * Which plugins a scheduler runs, in order. Read top to bottom: this is the scheduler.
 *
 * differs: there is no plugin GangScheduling. In 1.36 scheduling groups of pods all at once or not at all is alpha and
 * off by default: `PodGroup` and `Workload` are served as scheduling.k8s.io/v1alpha2 only, behind the gates GenericWorkload
 * and GangScheduling, and a pod's `spec.schedulingGroup` is dropped without them, as it is here. The kinds changed their
 * form in each release so far (1.35 named the group in `spec.workloadRef`). A permit plugin of one's own can hold the
 * pods of a group back until all of them have a node.
 */
import type { Plugin } from "./plugin.ts";
import {
  defaultBinder,
  defaultPreemption,
  dynamicResources,
  imageLocality,
  interPodAffinity,
  nodeAffinity,
  nodeDeclaredFeatures,
  nodeName,
  nodePorts,
  nodeResourcesBalancedAllocation,
  nodeResourcesFit,
  nodeUnschedulable,
  nodeVolumeLimits,
  podTopologySpread,
  prioritySort,
  schedulingGates,
  taintToleration,
  volumeBinding,
  volumeRestrictions,
  volumeZone,
} from "./plugins/catalog.ts";

export interface Profile {
  /** Pods name it in `spec.schedulerName`. */
  readonly schedulerName: string;
  readonly plugins: readonly Plugin[];
  /** By plugin; 1 unless said. */
  readonly weights?: { readonly [plugin: string]: number };
  /** How many nodes that will do are enough; 0 or absent: fewer, the larger the cluster is. */
  readonly percentageOfNodesToScore?: number;
}

export const defaultPlugins: readonly Plugin[] = [
  schedulingGates,
  prioritySort,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  // An idle claim is freed before anybody is evicted.
  dynamicResources,
  nodeDeclaredFeatures,
  defaultPreemption,
  nodeResourcesBalancedAllocation,
  imageLocality,
  defaultBinder,
];

/** upstream: pkg/scheduler/apis/config/v1/default_plugins.go */
export const defaultWeights = {
  TaintToleration: 3,
  NodeAffinity: 2,
  PodTopologySpread: 2,
  InterPodAffinity: 2,
} as const;

export const defaultProfile: Profile = {
  schedulerName: "default-scheduler",
  plugins: defaultPlugins,
  weights: defaultWeights,
};
