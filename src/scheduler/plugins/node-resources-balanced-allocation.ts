import { definePlugin, type Plugin, skip } from "../plugin.ts";
import { cpuAndMemory, type Share, sharesOf, type WeightedResource } from "./resource-shares.ts";

/** Nodes whose resources would be used up evenly: no memory left over that no processor can use. */
export const nodeResourcesBalancedAllocationWith = (
  resources: readonly WeightedResource[],
): Plugin =>
  definePlugin<undefined, readonly Share[]>({
    name: "NodeResourcesBalancedAllocation",
    dependsOn: "node",
    preScore(pod, cluster) {
      const shares = sharesOf(pod, cluster, { resources, isExact: true });
      // Pods that ask for nothing would all go to the node that happens to be balanced.
      return shares.every(({ ofPod }) => ofPod === 0) ? skip : shares;
    },
    score: (_pod, { index }, shares) => balance(shares, index),
  });

export const nodeResourcesBalancedAllocation = definePlugin(
  nodeResourcesBalancedAllocationWith(cpuAndMemory),
);

/** 100 less the standard deviation of the used fractions, in percent. */
function balance(shares: readonly Share[], node: number): number {
  const fractions: number[] = [];
  for (const { allocatable, requested } of shares) {
    const capacity = allocatable(node);
    if (capacity !== 0) fractions.push(Math.min(requested(node) / capacity, 1));
  }
  return Math.trunc((1 - deviation(fractions)) * 100);
}

function deviation(fractions: readonly number[]): number {
  const [first = 0, second = 0] = fractions;
  if (fractions.length < 2) return 0;
  // The same number as below, without its rounding.
  if (fractions.length === 2) return Math.abs((first - second) / 2);
  const mean = fractions.reduce((sum, one) => sum + one, 0) / fractions.length;
  const squares = fractions.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return Math.sqrt(squares / fractions.length);
}
