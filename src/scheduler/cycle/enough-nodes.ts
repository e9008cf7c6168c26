/** upstream: pkg/scheduler/schedule_one.go#numFeasibleNodesToFind */
const nodesMin = 100;
const percentageMin = 5;

/** How many nodes that will do are enough to choose from. */
export function enoughNodes(nodeCount: number, percentage = 0): number {
  if (nodeCount < nodesMin) return nodeCount;
  const adaptive = Math.max(50 - Math.trunc(nodeCount / 125), percentageMin);
  const share = percentage === 0 ? adaptive : percentage;
  return Math.max(Math.trunc((nodeCount * share) / 100), nodesMin);
}
