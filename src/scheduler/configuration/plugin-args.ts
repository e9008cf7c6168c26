/** What can be said to the plugins in a profile's `pluginConfig`. upstream: pkg/scheduler/apis/config/types_pluginargs.go */
import type { NodeAffinity, TopologySpreadConstraint } from "#api/core/affinity.ts";
import { readNodeAffinity } from "#api/core/node-affinity-reading.ts";
import type { Section } from "#base/configuration.ts";
import { durationProblem } from "#base/duration.ts";
import type { Plugin } from "../plugin.ts";
import { defaultPreemptionWith } from "../plugins/default-preemption.ts";
import { dynamicResources } from "../plugins/dynamic-resources.ts";
import { interPodAffinityWith } from "../plugins/inter-pod-affinity.ts";
import { nodeAffinity, nodeAffinityWith } from "../plugins/node-affinity.ts";
import { nodeResourcesBalancedAllocationWith } from "../plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFitWith } from "../plugins/node-resources-fit.ts";
import { podTopologySpreadWith } from "../plugins/pod-topology-spread.ts";
import { cpuAndMemory, type WeightedResource } from "../plugins/resource-shares.ts";
import type { CurvePoint, Strategy } from "../plugins/resource-strategies.ts";

/** Makes the plugin as its arguments say. */
type Reader = (args: Section, ignored: ReadonlySet<string>) => Plugin;

/** As by default, but for resources that somebody else looks after. */
export const fitIgnoring = (ignored: ReadonlySet<string>): Plugin =>
  nodeResourcesFitWith({ strategy: { type: "LeastAllocated" }, ignored });

export const argsReaders: Readonly<Record<string, Reader>> = {
  DefaultPreemption: (args) =>
    defaultPreemptionWith({
      minCandidateNodesPercentage: bounded(args, "minCandidateNodesPercentage", [0, 100]) ?? 10,
      minCandidateNodesAbsolute: bounded(args, "minCandidateNodesAbsolute", [0, Infinity]) ?? 100,
    }),

  // differs: filterTimeout and bindingTimeout of DynamicResources have no effect.
  DynamicResources(args) {
    for (const name of ["filterTimeout", "bindingTimeout"]) {
      const text = args.text(name);
      const problem = text === undefined ? undefined : durationProblem(text);
      if (problem) args.wrong(name, problem);
    }
    return dynamicResources;
  },

  InterPodAffinity: (args) =>
    interPodAffinityWith({
      hardPodAffinityWeight: bounded(args, "hardPodAffinityWeight", [0, 100]) ?? 1,
      ignorePreferredTermsOfExistingPods: args.flag("ignorePreferredTermsOfExistingPods") ?? false,
    }),

  NodeAffinity(args) {
    const added = nodeAffinityIn(args);
    return added ? nodeAffinityWith(added) : nodeAffinity;
  },

  NodeResourcesBalancedAllocation: (args) =>
    nodeResourcesBalancedAllocationWith(resourcesIn(args, 1) ?? cpuAndMemory),

  NodeResourcesFit(args, managed) {
    const ignored = new Set([
      ...managed,
      ...args.texts("ignoredResources"),
      ...args.texts("ignoredResourceGroups"),
    ]);
    const scoring = args.section("scoringStrategy");
    return nodeResourcesFitWith({
      strategy: scoring ? strategyIn(scoring) : { type: "LeastAllocated" },
      resources: (scoring && resourcesIn(scoring, 100)) ?? cpuAndMemory,
      ...(ignored.size > 0 ? { ignored } : {}),
    });
  },

  PodTopologySpread(args) {
    const type = args.has("defaultingType")
      ? args.oneOf("defaultingType", ["System", "List"])
      : "System";
    const constraints = args.sections("defaultConstraints").map(constraintIn);
    // exact: kube-scheduler
    if (type === "System" && constraints.length > 0)
      args.wrong("defaultingType", "when .defaultConstraints are not empty, must be List");
    return podTopologySpreadWith(type === "List" ? { constraints } : {});
  },
};

/** As in a pod. upstream: apis/config/validation#ValidateNodeAffinityArgs */
function nodeAffinityIn(args: Section): NodeAffinity | undefined {
  const name = "addedAffinity";
  if (!args.has(name)) return undefined;
  const { value, problems } = readNodeAffinity(args.any(name), name);
  for (const problem of problems) args.wrong(name, problem);
  const {
    requiredDuringSchedulingIgnoredDuringExecution: required,
    preferredDuringSchedulingIgnoredDuringExecution: preferred = [],
  } = value;
  // exact: kube-scheduler
  if (problems.length === 0 && !required && preferred.length === 0)
    args.wrong(name, "must provide at least one of required or preferred affinity");
  return value;
}

function bounded(
  section: Section,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = section.integer(name);
  if (value === undefined || (value >= least && value <= most)) return value;
  const range = most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
  section.wrong(name, `is ${value}, must be ${range}`);
  return undefined;
}

/** Undefined when nothing is said. */
function resourcesIn(section: Section, weightMax: number): readonly WeightedResource[] | undefined {
  const resources = section.sections("resources").map((one) => ({
    name: one.requiredText("name"),
    weight: bounded(one, "weight", [1, weightMax]) ?? 1,
  }));
  return resources.length > 0 ? resources : undefined;
}

const strategyTypes = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] as const;

function strategyIn(section: Section): Strategy {
  const type = section.has("type") ? section.oneOf("type", strategyTypes) : "LeastAllocated";
  const ratio = section.section("requestedToCapacityRatio");
  if (type !== "RequestedToCapacityRatio") return { type: type ?? "LeastAllocated" };
  const shape = ratio?.sections("shape").map((point) => ({
    utilization: bounded(point, "utilization", [0, 100]) ?? 0,
    score: bounded(point, "score", [0, 10]) ?? 0,
  }));
  // exact: kube-scheduler
  if (!shape || shape.length === 0)
    section.wrong("requestedToCapacityRatio.shape", "at least one point must be specified");
  else if (!isRising(shape))
    section.wrong(
      "requestedToCapacityRatio.shape",
      "utilization values must be sorted in increasing order",
    );
  return { type, shape: shape ?? [] };
}

const isRising = (shape: readonly CurvePoint[]): boolean =>
  shape.every((point, i) => i === 0 || point.utilization > (shape[i - 1]?.utilization ?? 0));

function constraintIn(section: Section): TopologySpreadConstraint {
  // exact: kube-scheduler
  if (section.has("labelSelector"))
    section.wrong(
      "labelSelector",
      "constraint must not define a selector, as they deduced for each pod",
    );
  section.any("labelSelector");
  return {
    maxSkew: bounded(section, "maxSkew", [1, Infinity]) ?? 1,
    topologyKey: section.requiredText("topologyKey"),
    whenUnsatisfiable:
      section.oneOf("whenUnsatisfiable", ["DoNotSchedule", "ScheduleAnyway"]) ?? "ScheduleAnyway",
  };
}
