/**
 * What happens in the cluster that may make a refused pod schedulable, under upstream's names.
 * upstream: staging/src/k8s.io/kube-scheduler/framework/types.go#ClusterEvent
 */
import type { Node } from "#api/core/node.ts";
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { NodeAspect } from "./snapshot/node-aspects.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";
import { requestOf } from "./snapshot/requests.ts";

type PodUpdate = "UpdatePodLabel" | "UpdatePodScaleDown";

/** Assigned pods have a node; the target is the refused pod itself. */
export type EventName =
  | `AssignedPod${"Add" | "Delete" | PodUpdate}`
  | `TargetPod${PodUpdate | "UpdatePodToleration" | "UpdatePodSchedulingGatesEliminated" | "UpdatePodGeneratedResourceClaim"}`
  | `Node${"Add" | "Delete"}`
  | `NodeUpdateNode${"Allocatable" | "Label" | "Taint" | "Condition" | "Annotation" | "DeclaredFeature"}`
  /** Other kinds: `PersistentVolumeClaimAdd`, `storage.k8s.io/StorageClassUpdate`. */
  | `${string}${"Add" | "Update" | "Delete"}`;

/** One of them, with the object before and after, as far as there is one. */
export interface ClusterEvent {
  readonly name: EventName;
  readonly node?: Pair<Node>;
  readonly pod?: Pair<PodInfo>;
  /** Of another kind. */
  readonly object?: Pair<ApiObject>;
}

export interface Pair<T> {
  readonly old?: T | undefined;
  readonly new?: T | undefined;
}

export const nodeAdded = (node: Node): ClusterEvent => ({ name: "NodeAdd", node: { new: node } });

export const nodeDeleted = (node: Node): ClusterEvent => ({
  name: "NodeDelete",
  node: { old: node },
});

const nodeUpdates: { readonly [Aspect in NodeAspect]: EventName | undefined } = {
  allocatable: "NodeUpdateNodeAllocatable",
  labels: "NodeUpdateNodeLabel",
  taints: "NodeUpdateNodeTaint",
  conditions: "NodeUpdateNodeCondition",
  annotations: "NodeUpdateNodeAnnotation",
  declaredFeatures: "NodeUpdateNodeDeclaredFeature",
  // An image is never a reason to refuse.
  images: undefined,
};

export const nodeUpdated = (
  node: Pair<Node>,
  aspects: readonly NodeAspect[],
): readonly ClusterEvent[] =>
  aspects.flatMap((aspect) => {
    const name = nodeUpdates[aspect];
    return name ? [{ name, node }] : [];
  });

export const podAssigned = (pod: PodInfo): ClusterEvent => ({
  name: "AssignedPodAdd",
  pod: { new: pod },
});

/** It waits for a node: others of its group may wait for it. */
export const podWaits = (pod: PodInfo): ClusterEvent => ({
  name: "UnscheduledPodAdd",
  pod: { new: pod },
});

/** It is gone, or does not go where it was going to. */
export const podUnassigned = (pod: PodInfo): ClusterEvent => ({
  name: "AssignedPodDelete",
  pod: { old: pod },
});

/** What an update of a pod with a node may change for others. */
export const assignedPodUpdated = (old: PodInfo, pod: PodInfo): readonly ClusterEvent[] =>
  podUpdates(old, pod).map((update) => ({
    name: `AssignedPod${update}` as const,
    pod: { old, new: pod },
  }));

/** What an update of a refused pod may change for itself. */
export const targetPodUpdated = (old: PodInfo, pod: PodInfo): readonly ClusterEvent[] =>
  [...podUpdates(old, pod), ...targetUpdates(old, pod)].map((update) => ({
    name: `TargetPod${update}` as const,
    pod: { old, new: pod },
  }));

export function objectEvent(kind: AnyKind, object: Pair<ApiObject>): ClusterEvent {
  const resource = kind.group === "" ? kind.kind : `${kind.group}/${kind.kind}`;
  const action = object.old === undefined ? "Add" : object.new === undefined ? "Delete" : "Update";
  return { name: `${resource}${action}`, object };
}

/** upstream: pkg/scheduler/framework/events.go#podSchedulingPropertiesChange */
function podUpdates(old: PodInfo, pod: PodInfo): readonly PodUpdate[] {
  const updates: PodUpdate[] = [];
  if (old.kin.labelSet !== pod.kin.labelSet) updates.push("UpdatePodLabel");
  if (isScaledDown(old, pod)) updates.push("UpdatePodScaleDown");
  return updates;
}

function targetUpdates(old: PodInfo, pod: PodInfo) {
  const tolerations = (of: PodInfo): number => of.pod.spec.tolerations?.length ?? 0;
  const gates = (of: PodInfo): number => of.pod.spec.schedulingGates?.length ?? 0;
  const claims = ({ pod: { status } }: PodInfo): string | undefined =>
    status.resourceClaimStatuses && JSON.stringify(status.resourceClaimStatuses);
  return [
    // Tolerations can be added, neither changed nor removed.
    ...(tolerations(pod) > tolerations(old) ? (["UpdatePodToleration"] as const) : []),
    ...(gates(old) > 0 && gates(pod) === 0
      ? (["UpdatePodSchedulingGatesEliminated"] as const)
      : []),
    ...(claims(old) === claims(pod) ? [] : (["UpdatePodGeneratedResourceClaim"] as const)),
  ];
}

const isScaledDown = (old: PodInfo, pod: PodInfo): boolean =>
  old.requests !== pod.requests &&
  old.requests.ids.some((id) => requestOf(pod.requests, id) < requestOf(old.requests, id));
