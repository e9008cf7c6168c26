/**
 * Notices when a node falls silent, and decides which of those that are not well are given up.
 * `node-conditions.ts` has what follows for one node alone.
 * upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
import { Lease } from "#api/coordination/lease.ts";
import { Node } from "#api/core/node.ts";
import { changesPace, isAllLost, mayEvictAt, nodesNotReady } from "./nodes/disruption.ts";
import { conditionsWhenLost, isLost, isReady, lostAt, readyOf } from "./nodes/health.ts";
import { countEviction, nodeMeter } from "./nodes/metrics.ts";
import { nodeControllerRules } from "./nodes/node-pods.ts";
import { evictingKey, isEvicting, putTaints, withEvictingTaint } from "./nodes/taints.ts";
import { defineController, type Fact, keyOf, type View, watching } from "./runtime/controller.ts";
import { andThen, type Effect, note, setStatus, wakeIn } from "./runtime/effects.ts";

const leaseNamespace = "kube-node-lease";

export const nodeLifecycleController = defineController({
  name: "node-lifecycle-controller",
  identity: "node-controller",
  eventSource: "node-controller",
  for: Node,
  // How many nodes may be given up in a while depends on all of them.
  oneAtATime: true,
  meter: nodeMeter,
  watches: [watching(Lease, nodeToRevive, noteRenewal), watching(Node, nodesConcerned)],
  rules: nodeControllerRules,

  appeared: (node) => [
    tell(node, "RegisteredNode", `Registered Node ${node.metadata.name} in Controller`),
  ],

  reconcile(node, view) {
    if (node.metadata.deletionTimestamp) return [];
    const lease = view.get(Lease, leaseNamespace, node.metadata.name ?? "");
    const lost = lostAt(node, lease, heardAt(node, lease, view));
    const givenUp = lost <= view.now ? giveUp(node, view) : [];
    // The taints follow from what is written here: they come with the next look.
    if (givenUp.length > 0) return givenUp;
    return [...(lost > view.now ? [wakeIn(lost - view.now)] : []), ...evict(node, view)];
  },

  gone: (_key, _view, last) =>
    last ? [tell(last, "RemovingNode", `Removing Node ${last.metadata.name} from Controller`)] : [],
});

// exact: kube-controller-manager
const tell = (node: Node, reason: string, text: string): Effect =>
  note(node, reason, `Node ${node.metadata.name} event: ${text}`);

/** Of thousands of nodes that come or go, few change what may be done about the others. */
function* nodesConcerned(node: Node, old: Node | undefined, view: View): Generator<string> {
  const { name = "" } = node.metadata;
  const is = view.get(Node, undefined, name) && node;
  if (!changesPace(old, is, view)) return;
  for (const other of nodesNotReady(view)) yield keyOf(other);
}

/**
 * When the node was last heard of, by our own clock: since its lease and its heartbeat are what
 * they are now.
 */
function heardAt(node: Node, lease: Lease | undefined, view: View): number {
  return Math.max(
    view.since(renewal, lease?.spec.renewTime ?? ""),
    view.since("heartbeat", readyOf(node)?.lastHeartbeatTime ?? ""),
  );
}

const renewal = "lease renewed";

/** Of a node that is well it is enough to know when: it is looked at when it could be lost. */
function noteRenewal(lease: Lease): Fact | undefined {
  if (!isOfNode(lease)) return undefined;
  return { key: lease.metadata.name ?? "", fact: renewal, state: lease.spec.renewTime ?? "" };
}

function nodeToRevive(lease: Lease, old: Lease | undefined, view: View): readonly string[] {
  if (!isOfNode(lease)) return [];
  const { name = "" } = lease.metadata;
  const node = view.get(Node, undefined, name);
  const isWell = node !== undefined && readyOf(node) !== undefined && !isLost(node);
  return old && isWell ? [] : [name];
}

const isOfNode = ({ metadata }: Lease): boolean => metadata.namespace === leaseNamespace;

// exact: kube-controller-manager
function giveUp(node: Node, { now }: View): readonly Effect[] {
  const conditions = conditionsWhenLost(node, now);
  if (conditions === node.status.conditions) return [];
  const write = setStatus(Node, node, { ...node.status, conditions });
  if (!isReady(node)) return [write];
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
  return [andThen(write, () => [note(node, "NodeNotReady", message)])];
}

function evict(node: Node, view: View): readonly Effect[] {
  const { evicts, waitMs } = eviction(node, view);
  const isNews = evicts !== undefined && !(node.spec.taints ?? []).some(isEvicting);
  const counted = isNews ? [countEviction(node)] : [];
  const taints = withEvictingTaint(node, { evicts, now: view.now });
  return [
    ...putTaints(node, taints).map((put) => andThen(put, () => counted)),
    ...(waitMs === undefined ? [] : [wakeIn(waitMs)]),
  ];
}

/** The evicting taint that the node should have by now, and when to look again for it. */
function eviction(node: Node, view: View): { readonly evicts?: string; readonly waitMs?: number } {
  const key = evictingKey(node);
  if (!key || isAllLost(view)) return {};
  const hasOne = node.spec.taints?.some(isEvicting) ?? false;
  const at = hasOne ? 0 : mayEvictAt(node, view);
  if (at <= view.now) return { evicts: key };
  return at === Infinity ? {} : { waitMs: at - view.now };
}
