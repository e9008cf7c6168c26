/**
 * What can be said to the plugins in a profile's `pluginConfig`, and what is wrong with it in
 * upstream's words. upstream: pkg/scheduler/apis/config/types_pluginargs.go, validation/validation_pluginargs.go
 */
import type { NodeAffinity } from "#api/core/affinity.ts";
import { readNodeAffinity } from "#api/core/node-affinity-reading.ts";
import { labelKey } from "#api/names.ts";
import { seconds } from "#base/clock.ts";
import type { Section } from "#base/configuration.ts";
import { durationProblem, parseDuration } from "#base/duration.ts";
import type { Plugin } from "../plugin.ts";
import { defaultPreemptionWith } from "../plugins/default-preemption.ts";
import { dynamicResources } from "../plugins/dynamic-resources.ts";
import { interPodAffinityWith } from "../plugins/inter-pod-affinity.ts";
import { nodeAffinity, nodeAffinityWith } from "../plugins/node-affinity.ts";
import { nodeResourcesBalancedAllocationWith } from "../plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFitWith } from "../plugins/node-resources-fit.ts";
import { podTopologySpreadWith } from "../plugins/pod-topology-spread.ts";
import { cpuAndMemory, type WeightedResource } from "../plugins/resource-shares.ts";
import { volumeBinding, volumeBindingWith } from "../plugins/volume-binding.ts";
import { constraintsIn } from "./spread-args.ts";
import { strategyIn } from "./strategy-args.ts";

/** Makes the plugin as its arguments say. */
type Reader = (args: Section, ignored: ReadonlySet<string>) => Plugin;

/** As by default, but for resources that somebody else looks after. */
export const fitIgnoring = (ignored: ReadonlySet<string>): Plugin =>
  nodeResourcesFitWith({ strategy: { type: "LeastAllocated" }, ignored });

/** exact: kube-scheduler, every text */
export const argsReaders: Readonly<Record<string, Reader>> = {
  DefaultPreemption(args) {
    const [percentage, absolute] = ["minCandidateNodesPercentage", "minCandidateNodesAbsolute"];
    const minCandidateNodesPercentage = bounded(args, percentage, [0, 100]) ?? 10;
    const minCandidateNodesAbsolute = bounded(args, absolute, [0, Infinity]) ?? 100;
    if (minCandidateNodesPercentage === 0 && minCandidateNodesAbsolute === 0) {
      args.invalid(percentage, `cannot be zero at the same time as ${absolute}`);
      args.invalid(absolute, `cannot be zero at the same time as ${percentage}`);
    }
    return defaultPreemptionWith({ minCandidateNodesPercentage, minCandidateNodesAbsolute });
  },

  // differs: filterTimeout and bindingTimeout of DynamicResources have no effect.
  DynamicResources(args) {
    checkDuration(args, "filterTimeout", { leastMs: 0, why: "must be zero or positive" });
    checkDuration(args, "bindingTimeout", {
      leastMs: seconds(1),
      why: "must be at least 1 second",
    });
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
    nodeResourcesBalancedAllocationWith(balancedIn(args) ?? cpuAndMemory),

  NodeResourcesFit(args, managed) {
    checkNames(args, "ignoredResources");
    checkNames(args, "ignoredResourceGroups");
    const ignored = new Set([
      ...managed,
      ...args.texts("ignoredResources"),
      ...args.texts("ignoredResourceGroups"),
    ]);
    const scoring = args.section("scoringStrategy");
    return nodeResourcesFitWith({
      ...(scoring ? strategyIn(scoring) : { strategy: { type: "LeastAllocated" } }),
      ...(ignored.size > 0 ? { ignored } : {}),
    });
  },

  PodTopologySpread: (args) => podTopologySpreadWith(constraintsIn(args)),

  VolumeBinding(args) {
    const limit = args.integer("bindTimeoutSeconds");
    if (limit !== undefined && limit < 0)
      args.invalid(
        "bindTimeoutSeconds",
        "invalid BindTimeoutSeconds, should not be a negative value",
      );
    if (args.any("shape") !== undefined)
      args.invalid(
        "shape",
        "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring",
      );
    return limit === undefined ? volumeBinding : volumeBindingWith({ bindLimitMs: seconds(limit) });
  },
};

/** As in a pod. upstream: apis/config/validation#ValidateNodeAffinityArgs */
function nodeAffinityIn(args: Section): NodeAffinity | undefined {
  const name = "addedAffinity";
  if (!args.has(name)) return undefined;
  const { value, problems } = readNodeAffinity(args.any(name));
  for (const { path, message } of problems)
    args.wrong(path === "" ? name : `${name}.${path}`, message);
  return value;
}

function bounded(
  section: Section,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = section.integer(name);
  if (value === undefined || (value >= least && value <= most)) return value;
  const end = most === Infinity ? "inf)" : `${most}]`;
  section.invalid(name, `not in valid range [${least}, ${end}`);
  return undefined;
}

interface Least {
  readonly leastMs: number;
  readonly why: string;
}

function checkDuration(args: Section, name: string, { leastMs, why }: Least): void {
  const text = args.text(name);
  if (text === undefined) return;
  const problem = durationProblem(text);
  if (problem) args.wrong(name, problem);
  else if ((parseDuration(text) ?? leastMs) < leastMs) args.invalid(name, why);
}

/** Resources, or groups of them, that are left out of the sums. */
function checkNames(args: Section, name: "ignoredResources" | "ignoredResourceGroups"): void {
  for (const [i, text] of args.texts(name).entries()) {
    const at = `${name}[${i}]`;
    if (name === "ignoredResourceGroups" && text.includes("/"))
      args.invalid(at, "resource group name can't contain '/'", text);
    for (const problem of labelKey(text)) args.invalid(at, problem, text);
  }
}

/** Undefined when nothing is said. All of them weigh the same. */
function balancedIn(args: Section): readonly WeightedResource[] | undefined {
  const seen = new Set<string>();
  const resources = args.sections("resources").map((one) => {
    const name = one.requiredText("name");
    if (seen.has(name)) one.duplicate("name");
    seen.add(name);
    // Zero means as by default.
    if ((one.integer("weight") || 1) !== 1) one.invalid("weight", "must be 1");
    return { name, weight: 1 };
  });
  return resources.length > 0 ? resources : undefined;
}
