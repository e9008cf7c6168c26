/**
 * The taints that follow from a node's conditions.
 * upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
import { Node, type Taint } from "#api/core/node.ts";
import { isSameTaint, nodeTaints } from "#api/core/taints.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { type Effect, patch } from "../runtime/effects.ts";
import { readyOf } from "./health.ts";

/** Keeps new pods away. */
const noSchedule: readonly [type: string, status: string, key: string][] = [
  ["Ready", "False", nodeTaints.notReady],
  ["Ready", "Unknown", nodeTaints.unreachable],
  ["MemoryPressure", "True", nodeTaints.memoryPressure],
  ["DiskPressure", "True", nodeTaints.diskPressure],
  ["NetworkUnavailable", "True", nodeTaints.networkUnavailable],
  ["PIDPressure", "True", nodeTaints.pidPressure],
];

/** Sends away the pods that are there. */
const evicting: ReadonlySet<string> = new Set([nodeTaints.notReady, nodeTaints.unreachable]);

export const isEvicting = ({ key, effect }: Taint): boolean =>
  effect === "NoExecute" && evicting.has(key);

/** The key of the taint that evicts from the node; undefined when it is well. */
export function evictingKey(node: Node): string | undefined {
  const status = readyOf(node)?.status;
  if (status === "False") return nodeTaints.notReady;
  return status === "Unknown" ? nodeTaints.unreachable : undefined;
}

/** The node's taints with those that keep new pods away as its conditions have it. */
export function withConditionTaints(node: Node, now: number): readonly Taint[] {
  const keys = noSchedule
    .filter(([type, status]) => findCondition(node.status.conditions, type)?.status === status)
    .map(([, , key]) => key);
  if (node.spec.unschedulable) keys.push(nodeTaints.unschedulable);
  const wanted = keys.map((key): Taint => ({ key, effect: "NoSchedule" }));
  return withTaints(node, { wanted, isOurs: followsConditions, now });
}

const followsConditions = ({ key, effect }: Taint): boolean =>
  effect === "NoSchedule" &&
  (key === nodeTaints.unschedulable || noSchedule.some(([, , ours]) => ours === key));

/** The node's taints with the evicting one of that key, or none. */
export const withEvictingTaint = (
  node: Node,
  { evicts, now }: { readonly evicts: string | undefined; readonly now: number },
): readonly Taint[] =>
  withTaints(node, {
    wanted: evicts === undefined ? [] : [{ key: evicts, effect: "NoExecute" }],
    isOurs: isEvicting,
    now,
  });

interface Wanted {
  readonly wanted: readonly Taint[];
  /** Comes and goes as is wanted; those of others stay as they are. */
  readonly isOurs: (taint: Taint) => boolean;
  readonly now: number;
}

/** The same list, when nothing changes. */
function withTaints(node: Node, { wanted, isOurs, now }: Wanted): readonly Taint[] {
  const { taints = none } = node.spec;
  const kept = taints.filter(
    (taint) => !isOurs(taint) || wanted.some((other) => isSameTaint(other, taint)),
  );
  const added = wanted.filter((taint) => !taints.some((other) => isSameTaint(other, taint)));
  if (added.length === 0 && kept.length === taints.length) return taints;
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: formatTime(now) }))];
}

const none: readonly Taint[] = [];

/** Refused when somebody else changed the node meanwhile; nothing when these are its taints. */
export function putTaints(node: Node, taints: readonly Taint[]): readonly Effect[] {
  if (taints === (node.spec.taints ?? none)) return [];
  const { resourceVersion } = node.metadata;
  const change = {
    metadata: { resourceVersion },
    spec: { taints: taints.length > 0 ? taints : null },
  };
  return [patch(Node, node, { is: "strategic", change })];
}
