/** What a pod says about the job that it works for. */
import type { Job } from "#api/batch/job.ts";
import { conditionOf, isPodTerminal } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { seconds } from "#base/clock.ts";
import type { Index } from "#client/cache.ts";
import { controllerOf } from "../runtime/ownership.ts";

/** Holds a pod until the job has counted how it ended. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
export const indexAnnotation = "batch.kubernetes.io/job-completion-index";

export const isTracked = ({ metadata }: Pod): boolean =>
  metadata.finalizers?.includes(trackingFinalizer) ?? false;

/** By job: the pods that may still run, or are not counted yet. The others are done with. */
export const unsettled: Index<Pod> = (pod) => {
  const owner = controllerOf(pod);
  return owner && (!isPodTerminal(pod) || isTracked(pod)) ? [owner.uid] : [];
};

/** By job: the pods that did not end well. */
export const failures: Index<Pod> = (pod) => {
  const owner = controllerOf(pod);
  return owner && isLost(pod) ? [owner.uid] : [];
};

export const isSucceeded = ({ status }: Pod): boolean => status.phase === "Succeeded";

/** Failed, or deleted before it could tell. */
const isLost = ({ metadata, status }: Pod): boolean =>
  status.phase === "Failed" ||
  (metadata.deletionTimestamp !== undefined && status.phase !== "Succeeded");

/** A pod that is being deleted is replaced only when it has ended. */
export const replacesOnlyFailed = ({ spec }: Job): boolean =>
  spec.podReplacementPolicy === "Failed" || spec.podFailurePolicy !== undefined;

export const isFailed = (pod: Pod, job: Job): boolean =>
  replacesOnlyFailed(job) ? pod.status.phase === "Failed" : isLost(pod);

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed";

export const completionsOf = ({ spec }: Job): number => spec.completions ?? 0;

/** The pod's index. */
export function completionIndexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation] ?? "";
  return /^[+]?[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** Its index, if the job has so many. */
export function validIndexOf(pod: Pod, job: Job): number | undefined {
  const index = completionIndexOf(pod);
  return index !== undefined && index < completionsOf(job) ? index : undefined;
}

/** Pods of an indexed job without a valid index count for nothing. */
export const isCountable = (pod: Pod, job: Job): boolean =>
  !isIndexed(job) || validIndexOf(pod, job) !== undefined;

/**
 * When it ended, as well as can be told.
 * upstream: pkg/controller/job/backoff_utils.go#getFinishedTime
 */
export function finishedAt(pod: Pod): number {
  const ready = conditionOf(pod, "Ready");
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  const containers = containersFinishedAt(pod);
  if (containers !== undefined) return containers;
  if (ready?.status === "False" && ready.lastTransitionTime) {
    return Date.parse(ready.lastTransitionTime);
  }
  if (deletionTimestamp) return Date.parse(deletionTimestamp) - seconds(deletionGracePeriodSeconds);
  return creationTimestamp ? Date.parse(creationTimestamp) : 0;
}

function containersFinishedAt({ spec, status }: Pod): number | undefined {
  const sidecars = new Set(
    spec.initContainers
      ?.filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(({ name }) => name),
  );
  const times = [
    ...(status.containerStatuses ?? []),
    ...(status.initContainerStatuses?.filter(({ name }) => sidecars.has(name)) ?? []),
  ].map(({ state }) => state.terminated?.finishedAt);
  if (times.length === 0 || times.some((time) => !time)) return undefined;
  return Math.max(...times.map((time) => Date.parse(time ?? "")));
}
