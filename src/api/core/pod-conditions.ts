/**
 * What a pod's status says about it, in one word: ready, available, active, finished.
 * upstream: pkg/api/v1/pod/util.go
 */
import { findCondition, isConditionTrue, withCondition } from "#api/meta/conditions.ts";
import type { Pod } from "./pod.ts";
import type { ContainerStatus, PodCondition, PodStatus } from "./pod-status.ts";

export type PodConditionType =
  | "PodScheduled"
  | "PodReadyToStartContainers"
  | "Initialized"
  | "ContainersReady"
  | "Ready"
  | "DisruptionTarget"
  | "PodResizePending"
  | "PodResizeInProgress"
  | "AllContainersRestarting";

type WithStatus = Pick<Pod, "status">;

export const conditionOf = (pod: WithStatus, type: PodConditionType): PodCondition | undefined =>
  findCondition(pod.status.conditions, type);

export const hasTrueCondition = (pod: WithStatus, type: PodConditionType): boolean =>
  isConditionTrue(pod.status.conditions, type);

export const isPodReady = (pod: WithStatus): boolean => hasTrueCondition(pod, "Ready");

/** Ready for at least so long. */
export function isPodAvailable(pod: WithStatus, minReadySeconds: number, nowMs: number): boolean {
  const ready = conditionOf(pod, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds === 0) return true;
  if (!ready.lastTransitionTime) return false;
  return Date.parse(ready.lastTransitionTime) + minReadySeconds * 1_000 <= nowMs;
}

/** It ran to its end, well or badly, and will not run again. */
export const isPodTerminal = ({ status }: WithStatus): boolean =>
  status.phase === "Succeeded" || status.phase === "Failed";

/** It still counts towards its owner: neither finished nor on its way out. */
export const isPodActive = (pod: Pod): boolean => !isPodTerminal(pod) && !isPodTerminating(pod);

/** Its deletion was asked for; it may still run through its grace period. */
export const isPodTerminating = ({ metadata }: Pick<Pod, "metadata">): boolean =>
  metadata.deletionTimestamp !== undefined;

export const isPodScheduled = ({ spec }: Pick<Pod, "spec">): boolean => !!spec.nodeName;

/** A pod of a static manifest, shown to the API by its kubelet. */
export const isMirrorPod = ({ metadata }: Pick<Pod, "metadata">): boolean =>
  metadata.annotations?.[mirrorAnnotation] !== undefined;

export const mirrorAnnotation = "kubernetes.io/config.mirror";

/** The status with this condition set; the same object when it was so already. */
export function withPodCondition(status: PodStatus, condition: PodCondition): PodStatus {
  const conditions = withCondition(status.conditions, condition);
  return conditions === status.conditions ? status : { ...status, conditions };
}

/** The status of a container of any sort, by name. */
export const findContainerStatus = (
  { status }: WithStatus,
  name: string,
): ContainerStatus | undefined =>
  [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ].find((container) => container.name === name);
