/** Cells of `kubectl get nodes`. upstream: pkg/printers/internalversion/printers.go#printNode */
import { findCondition } from "#api/meta/conditions.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { NodeSpec, NodeStatus } from "./node.ts";

interface NodeParts {
  readonly metadata: ObjectMeta;
  readonly spec: NodeSpec;
  readonly status: NodeStatus;
}

export function nodeStatusText({ spec, status }: NodeParts): string {
  const ready = findCondition(status.conditions, "Ready");
  const text = !ready ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady";
  return spec.unschedulable ? `${text},SchedulingDisabled` : text;
}

const rolePrefix = "node-role.kubernetes.io/";

export function rolesText({ metadata }: Pick<NodeParts, "metadata">): string {
  const labels = Object.entries(metadata.labels ?? {});
  const roles = labels.flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)];
    return key === "kubernetes.io/role" ? [value] : [];
  });
  const distinct = new Set(roles.filter((role) => role !== ""));
  return [...distinct].toSorted().join(",") || "<none>";
}

export const addressText = (
  { addresses = [] }: NodeStatus,
  type: "InternalIP" | "ExternalIP",
): string => addresses.find((address) => address.type === type)?.address || "<none>";

export function kernelText({ nodeInfo }: NodeStatus): string {
  const kernel = nodeInfo.kernelVersion || "<unknown>";
  return nodeInfo.architecture ? `${kernel} (${nodeInfo.architecture})` : kernel;
}
