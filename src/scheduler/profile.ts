/** Which plugins a scheduler runs, in order. Read top to bottom: this is the scheduler. */
import { defaultGates } from "#api/feature-gates.ts";
import type { Plugin } from "./plugin.ts";
import {
  defaultBinder,
  defaultPreemption,
  dynamicResources,
  gangScheduling,
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

/** With those that a feature gate switches on. upstream: default_plugins.go#applyFeatureGates */
export const pluginsWith = (gates = defaultGates): readonly Plugin[] =>
  gates.isEnabled("GangScheduling") ? [...defaultPlugins, gangScheduling] : defaultPlugins;

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
