/**
 * How fast a zone's nodes may be given up. When many are lost at once it is rather the network
 * than the nodes, and evicting all of their pods would make things worse.
 * upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go#handleDisruption
 */
import { Node } from "#api/core/node.ts";
import { seconds } from "#base/clock.ts";
import type { Index } from "#client/cache.ts";
import type { View } from "../runtime/controller.ts";
import { isReady } from "./health.ts";
import { isEvicting } from "./taints.ts";

const intervalMs = seconds(10);
const intervalMsDisrupted = seconds(100);
const unhealthyShare = 0.55;
/** Smaller zones stop altogether when they are disrupted. */
const largeZone = 50;

/** Region and zone, as one name. */
export const zoneOf = ({ metadata }: Node): string => {
  const { "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone } =
    metadata.labels ?? {};
  return `${region ?? ""}/${zone ?? ""}`;
};

const byZone: Index<Node> = (node) => [zoneOf(node)];

/** Not a single node in the cluster is well: then it is us who are cut off. */
export const isAllLost = (view: View): boolean => !view.list(Node).some(isReady);

/** When the node may be given up: now or earlier, later, or never (Infinity) as things are. */
export function mayEvictAt(node: Node, view: View): number {
  const zone = view.by(Node, byZone, zoneOf(node));
  const interval = intervalOf(zone);
  if (interval === Infinity) return Infinity;
  const times = zone
    .filter((other) => other.metadata.uid !== node.metadata.uid)
    .flatMap(({ spec }) => spec.taints?.filter(isEvicting) ?? [])
    .map(({ timeAdded }) => (timeAdded ? Date.parse(timeAdded) : 0));
  return Math.max(0, ...times) + interval;
}

function intervalOf(zone: readonly Node[]): number {
  const lost = zone.filter((node) => !isReady(node)).length;
  const isWhole = lost === zone.length;
  if (isWhole || lost <= 2 || lost / zone.length < unhealthyShare) return intervalMs;
  return zone.length > largeZone ? intervalMsDisrupted : Infinity;
}
