import { StatefulSet } from "#api/apps/statefulset.ts";
import { revisionsOf, templatePatch } from "./controller-revisions.ts";
import { defineRollout, type Progress } from "./rollout.ts";

// exact: kubectl, the messages of this file
export const statefulSet = defineRollout({
  kind: StatefulSet,

  progress(object) {
    const { metadata, spec, status } = object;
    if (spec.updateStrategy.type !== "RollingUpdate")
      throw new Error("rollout status is only available for RollingUpdate strategy type");
    const { observedGeneration: observed = 0 } = status;
    if (observed === 0 || (metadata.generation ?? 0) > observed)
      return waiting("Waiting for statefulset spec update to be observed...");
    const { readyReplicas: ready = 0 } = status;
    const wanted = spec.replicas ?? 1;
    if (ready < wanted) return waiting(`Waiting for ${wanted - ready} pods to be ready...`);
    return updateProgress(object, wanted);
  },

  history: revisionsOf,
  undo: (_object, revision) => templatePatch(revision),
});

function updateProgress({ spec, status }: StatefulSet, wanted: number): Progress {
  const { updatedReplicas: updated = 0, updateRevision, currentRevision } = status;
  const partition = spec.updateStrategy.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    const mine = wanted - partition;
    return updated < mine
      ? waiting(
          `Waiting for partitioned roll out to finish: ${updated} out of ${mine} new pods have been updated...`,
        )
      : done(`partitioned roll out complete: ${updated} new pods have been updated...`);
  }
  const at = `${updated} pods at revision ${updateRevision}...`;
  return updateRevision === currentRevision
    ? done(
        `statefulset rolling update complete ${status.currentReplicas ?? 0} pods at revision ${currentRevision}...`,
      )
    : waiting(`waiting for statefulset rolling update to complete ${at}`);
}

const waiting = (says: string): Progress => ({ says, isDone: false });
const done = (says: string): Progress => ({ says, isDone: true });
