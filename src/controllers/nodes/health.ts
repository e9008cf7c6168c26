/**
 * What a node's silence means: after a while nothing that it said last can be relied on.
 * upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go#tryUpdateNodeHealth
 */
import type { Lease } from "#api/coordination/lease.ts";
import type { Node, NodeCondition } from "#api/core/node.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatTime, seconds } from "#base/clock.ts";

/** A kubelet renews its lease every 10 s, for 40 s; this many misses, and it is not there. */
const graceMs = seconds(50);
/** After the end of a lease that holds for longer. */
const lateMs = seconds(10);
/** A new node may take so long to say anything at all. */
const startupGraceMs = seconds(60);

export const readyOf = ({ status }: Node): NodeCondition | undefined =>
  findCondition(status.conditions, "Ready");

export const isReady = (node: Node): boolean => readyOf(node)?.status === "True";

/** Its kubelet is not heard of any more. */
export const isLost = (node: Node): boolean => readyOf(node)?.status === "Unknown";

/**
 * When the node counts as lost, should nothing be heard of it.
 * differs: upstream waits for 50 seconds whatever the lease says (unless told otherwise), so that a kubelet with a longer
 * one is lost between two renewals.
 */
export const lostAt = (node: Node, lease: Lease | undefined, heardMs: number): number => {
  const leaseMs = seconds(lease?.spec.leaseDurationSeconds ?? 0);
  if (readyOf(node)) return heardMs + Math.max(graceMs, leaseMs + lateMs);
  const created = node.metadata.creationTimestamp;
  return (created ? Date.parse(created) : heardMs) + startupGraceMs;
};

const reported = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] as const;

/** The conditions when the node is lost. The same list, when they say so already. */
export function conditionsWhenLost(node: Node, now: number): readonly NodeCondition[] {
  const { conditions = [] } = node.status;
  const isSaid = reported.every((type) => findCondition(conditions, type)?.status === "Unknown");
  if (isSaid) return conditions;
  const known = conditions.map((condition) =>
    reported.includes(condition.type as (typeof reported)[number]) && condition.status !== "Unknown"
      ? { ...condition, ...stopped, lastTransitionTime: formatTime(now) }
      : condition,
  );
  const missing = reported.filter((type) => !findCondition(conditions, type));
  return [...known, ...missing.map((type) => neverPosted(type, node, now))];
}

// exact: kube-controller-manager
const stopped = {
  status: "Unknown",
  reason: "NodeStatusUnknown",
  message: "Kubelet stopped posting node status.",
} as const;

const neverPosted = (type: string, { metadata }: Node, now: number): NodeCondition => ({
  type,
  status: "Unknown",
  reason: "NodeStatusNeverUpdated",
  message: "Kubelet never posted node status.",
  lastHeartbeatTime: metadata.creationTimestamp ?? null,
  lastTransitionTime: formatTime(now),
});
