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
export const zoneOf = ({ metadata }: Pick<Node, "metadata">): string => {
  const { "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone } =
    metadata.labels ?? {};
  return `${region ?? ""}/${zone ?? ""}`;
};

/** Some come and go as they like, and say nothing about their zone. */
const isCounted = ({ metadata: { labels = {} } }: Node): boolean =>
  !("node.kubernetes.io/exclude-disruption" in labels);

const byZone: Index<Node> = (node) => (isCounted(node) ? [zoneOf(node)] : []);
const byZoneWhenNotReady: Index<Node> = (node) => (isReady(node) ? [] : byZone(node));
const byZoneWhenEvicting: Index<Node> = (node) =>
  node.spec.taints?.some(isEvicting) ? [zoneOf(node)] : [];
const byReadiness: Index<Node> = (node) => {
  if (!isReady(node)) return ["not ready"];
  return isCounted(node) ? ["ready"] : [];
};

export const nodesNotReady = (view: View): readonly Node[] =>
  view.by(Node, byReadiness, "not ready");

/** Not a single node in the cluster is well: then it is us who are cut off. */
export const isAllLost = (view: View): boolean => view.count(Node, byReadiness, "ready") === 0;

/** When the node may be given up: now or earlier, later, or never (Infinity) as things are. */
export function mayEvictAt(node: Node, view: View): number {
  const zone = zoneOf(node);
  const interval = intervalOf(countsOf(zone, view));
  if (interval === Infinity) return Infinity;
  // Times of one form: the latest is the greatest text.
  let latest = "";
  for (const { metadata, spec } of view.by(Node, byZoneWhenEvicting, zone)) {
    if (metadata.uid === node.metadata.uid) continue;
    for (const taint of spec.taints ?? [])
      if (isEvicting(taint) && taint.timeAdded && taint.timeAdded > latest)
        latest = taint.timeAdded;
  }
  return (latest === "" ? 0 : Date.parse(latest)) + interval;
}

interface Counts {
  readonly nodes: number;
  readonly lost: number;
  /** In all zones. */
  readonly ready: number;
}

const countsOf = (zone: string, view: View): Counts => ({
  nodes: view.count(Node, byZone, zone),
  lost: view.count(Node, byZoneWhenNotReady, zone),
  ready: view.count(Node, byReadiness, "ready"),
});

function intervalOf({ nodes, lost }: Counts): number {
  if (lost === nodes || lost <= 2 || lost / nodes < unhealthyShare) return intervalMs;
  return nodes > largeZone ? intervalMsDisrupted : Infinity;
}

/** Whether other nodes may be given up at another pace since a node changed, came or went. */
export function changesPace(old: Node | undefined, now: Node | undefined, view: View): boolean {
  const [was, is] = [old, now].map((node) => (node && isCounted(node) ? node : undefined));
  const zone = zoneOf(is ?? was ?? nowhere);
  if (was && is) {
    if (zoneOf(was) !== zone) return true;
    if (isReady(was) === isReady(is)) return false;
  }
  const after = countsOf(zone, view);
  const before = sum(sum(after, is, -1), was, 1);
  return intervalOf(before) !== intervalOf(after) || (before.ready === 0) !== (after.ready === 0);
}

const nowhere = { metadata: {} };

function sum(counts: Counts, node: Node | undefined, sign: 1 | -1): Counts {
  if (!node) return counts;
  const ready = isReady(node) ? sign : 0;
  return {
    nodes: counts.nodes + sign,
    lost: counts.lost + sign - ready,
    ready: counts.ready + ready,
  };
}
