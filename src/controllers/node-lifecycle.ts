/**
 * Notices when a node falls silent, tells by conditions and taints what is wrong with each node,
 * and marks the pods of lost nodes as not ready.
 * upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
import { Lease } from "#api/coordination/lease.ts";
import { Node } from "#api/core/node.ts";
import { conditionOf, withPodCondition } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { formatTime } from "#base/clock.ts";
import type { Index } from "#client/cache.ts";
import { isSame } from "#client/canonical.ts";
import { isAllLost, mayEvictAt } from "./nodes/disruption.ts";
import { conditionsWhenLost, isReady, lostAt, readyOf } from "./nodes/health.ts";
import { countEviction, nodeMeter } from "./nodes/metrics.ts";
import { byNode, nodeControllerRules } from "./nodes/node-pods.ts";
import { evictingKey, isEvicting, taintsOf } from "./nodes/taints.ts";
import { defineController, type Fact, keyOf, type View, watching } from "./runtime/controller.ts";
import {
  andThen,
  type Effect,
  note,
  patch,
  patchStatus,
  setStatus,
  wakeIn,
  warn,
} from "./runtime/effects.ts";

const leaseNamespace = "kube-node-lease";

export const nodeLifecycleController = defineController({
  name: "node-lifecycle-controller",
  identity: "node-controller",
  eventSource: "node-controller",
  queue: "node_lifecycle_controller",
  for: Node,
  // How many nodes may be given up in a while depends on all of them.
  oneAtATime: true,
  meter: nodeMeter,
  watches: [watching(Lease, nodeToRevive, noteRenewal), watching(Node, nodesConcerned)],
  reads: [Pod],
  rules: nodeControllerRules,

  appeared: (node) => [
    tell(node, "RegisteredNode", `Registered Node ${node.metadata.name} in Controller`),
  ],

  reconcile(node, view) {
    if (node.metadata.deletionTimestamp) return [];
    const lost = lostAt(node, heardAt(node, view));
    const givenUp = lost <= view.now ? giveUp(node, view) : [];
    // The taints follow from what is written here: they come with the next look.
    if (givenUp.length > 0) return givenUp;
    return [
      ...(lost > view.now ? [wakeIn(lost - view.now)] : []),
      ...taint(node, view),
      ...(isLost(node) ? markPods(node, view) : []),
    ];
  },

  gone: (_key, _view, last) =>
    last ? [tell(last, "RemovingNode", `Removing Node ${last.metadata.name} from Controller`)] : [],
});

// exact: kube-controller-manager
const tell = (node: Node, reason: string, text: string): Effect =>
  note(node, reason, `Node ${node.metadata.name} event: ${text}`);

/** A node that recovers or is lost changes what may be done about the other lost ones. */
function* nodesConcerned(node: Node, old: Node | undefined, view: View): Generator<string> {
  const isThere = view.get(Node, undefined, node.metadata.name ?? "") !== undefined;
  if (isThere && old && isReady(old) === isReady(node)) return;
  for (const other of view.by(Node, byReadiness, "unready")) yield keyOf(other);
}

/** Looking at all nodes whenever one comes would take a large cluster's start minutes. */
const byReadiness: Index<Node> = (node) => [isReady(node) ? "ready" : "unready"];

/**
 * When the node was last heard of, by our own clock: since its lease and its heartbeat are what
 * they are now.
 */
function heardAt(node: Node, view: View): number {
  const lease = view.get(Lease, leaseNamespace, node.metadata.name ?? "");
  return Math.max(
    view.since(renewedAt(lease)),
    view.since(`heartbeat ${readyOf(node)?.lastHeartbeatTime ?? ""}`),
  );
}

const renewedAt = (lease: Lease | undefined): string =>
  `lease renewed ${lease?.spec.renewTime ?? ""}`;

/** Of a node that is well it is enough to know when: it is looked at when it could be lost. */
function noteRenewal(lease: Lease): Fact | undefined {
  if (!isOfNode(lease)) return undefined;
  return { key: lease.metadata.name ?? "", fact: renewedAt(lease) };
}

function nodeToRevive(lease: Lease, old: Lease | undefined, view: View): readonly string[] {
  if (!isOfNode(lease)) return [];
  const { name = "" } = lease.metadata;
  const node = view.get(Node, undefined, name);
  const isWell = node !== undefined && readyOf(node) !== undefined && !isLost(node);
  return old && isWell ? [] : [name];
}

const isOfNode = ({ metadata }: Lease): boolean => metadata.namespace === leaseNamespace;

const isLost = (node: Node): boolean => readyOf(node)?.status === "Unknown";

// exact: kube-controller-manager
function giveUp(node: Node, { now }: View): readonly Effect[] {
  const conditions = conditionsWhenLost(node, now);
  if (conditions === node.status.conditions) return [];
  const write = setStatus(Node, node, { ...node.status, conditions });
  if (!isReady(node)) return [write];
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
  return [andThen(write, () => [note(node, "NodeNotReady", message)])];
}

function taint(node: Node, view: View): readonly Effect[] {
  const { evicts, waitMs } = eviction(node, view);
  const taints = taintsOf(node, { evicts, now: view.now });
  const { resourceVersion } = node.metadata;
  const isNews = evicts !== undefined && !(node.spec.taints ?? []).some(isEvicting);
  const counted = isNews ? [countEviction(node)] : [];
  const change = {
    metadata: { resourceVersion },
    spec: { taints: taints.length > 0 ? taints : null },
  };
  return [
    ...(isSame(taints, node.spec.taints ?? [])
      ? []
      : [andThen(patch(Node, node, { is: "strategic", change }), () => counted)]),
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

/** Nobody should be sent to pods that nobody can reach. */
function markPods(node: Node, { by, now }: View): readonly Effect[] {
  return by(Pod, byNode, node.metadata.name ?? "").flatMap((pod) => {
    const ready = conditionOf(pod, "Ready");
    if (ready?.status !== "True") return [];
    const notReady = { ...ready, status: "False", lastTransitionTime: formatTime(now) };
    const { conditions } = withPodCondition(pod.status, notReady);
    return [
      andThen(patchStatus(Pod, pod, { conditions }), () => [
        warn(pod, "NodeNotReady", "Node is not ready"),
      ]),
    ];
  });
}
