/**
 * The taints that follow from a node's conditions.
 * upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
import type { Node, Taint } from "#api/core/node.ts";
import { isSameTaint, nodeTaints } from "#api/core/taints.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
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

/** Every taint that comes and goes with the conditions. */
const isOurs = ({ key, effect }: Taint): boolean =>
  effect === "NoSchedule"
    ? key === nodeTaints.unschedulable || noSchedule.some(([, , ours]) => ours === key)
    : effect === "NoExecute" && evicting.has(key);

/** The key of the taint that evicts from the node; undefined when it is well. */
export function evictingKey(node: Node): string | undefined {
  const status = readyOf(node)?.status;
  if (status === "False") return nodeTaints.notReady;
  return status === "Unknown" ? nodeTaints.unreachable : undefined;
}

/** The node's taints as they should be; those of others stay as they are. */
export function taintsOf(
  node: Node,
  { evicts, now }: { readonly evicts: string | undefined; readonly now: number },
): readonly Taint[] {
  const { taints = [] } = node.spec;
  const wanted: Taint[] = noScheduleKeys(node).map((key) => ({ key, effect: "NoSchedule" }));
  if (evicts) wanted.push({ key: evicts, effect: "NoExecute" });
  const kept = taints.filter(
    (taint) => !isOurs(taint) || wanted.some((other) => isSameTaint(other, taint)),
  );
  const added = wanted.filter((taint) => !taints.some((other) => isSameTaint(other, taint)));
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: formatTime(now) }))];
}

const noScheduleKeys = (node: Node): string[] => [
  ...noSchedule
    .filter(([type, status]) => findCondition(node.status.conditions, type)?.status === status)
    .map(([, , key]) => key),
  ...(node.spec.unschedulable ? [nodeTaints.unschedulable] : []),
];
