/** upstream: pkg/controller/statefulset/stateful_set_control.go#updateStatus */
import type { StatefulSetStatus } from "#api/apps/statefulset.ts";
import { isPodAvailable, isPodTerminating } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { replicasOf, revisionNameOf } from "./identity.ts";
import { isRunningAndReady, type Members } from "./members.ts";

export function statusOf(members: Members): StatefulSetStatus {
  const { set, pods, current, update } = members;
  const [currentRevision = "", updateRevision = ""] = [current.metadata.name, update.metadata.name];
  const counts = { ready: 0, available: 0, current: 0, updated: 0 };
  for (const pod of pods) count(counts, pod, members);
  return completed(members, {
    ...set.status,
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: counts.ready,
    availableReplicas: counts.available,
    currentReplicas: counts.current,
    updatedReplicas: counts.updated,
    currentRevision,
    updateRevision,
    collisionCount: set.status.collisionCount ?? 0,
  });
}

interface Counts {
  ready: number;
  available: number;
  current: number;
  updated: number;
}

function count(counts: Counts, pod: Pod, { set, current, update, now }: Members): void {
  if (isRunningAndReady(pod)) {
    counts.ready++;
    if (isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)) counts.available++;
  }
  if (isPodTerminating(pod)) return;
  const revision = revisionNameOf(pod);
  if (revision === current.metadata.name) counts.current++;
  if (revision === update.metadata.name) counts.updated++;
}

/** When all pods are of the new revision, it becomes the current one. */
function completed({ set }: Members, status: StatefulSetStatus): StatefulSetStatus {
  const wanted = replicasOf(set);
  const isComplete =
    set.spec.updateStrategy.type === "RollingUpdate" &&
    status.updatedReplicas === wanted &&
    status.readyReplicas === wanted &&
    status.replicas === wanted;
  if (!isComplete) return status;
  const { updatedReplicas, updateRevision } = status;
  return { ...status, currentReplicas: updatedReplicas, currentRevision: updateRevision };
}
