import { DaemonSet } from "#api/apps/daemonset.ts";
import { revisionsOf, templatePatch } from "./controller-revisions.ts";
import { defineRollout } from "./rollout.ts";

// exact: kubectl, the messages of this file
export const daemonSet = defineRollout({
  kind: DaemonSet,

  progress({ metadata, spec, status }) {
    if (spec.updateStrategy.type !== "RollingUpdate")
      throw new Error("rollout status is only available for RollingUpdate strategy type");
    if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
      return { says: "Waiting for daemon set spec update to be observed...", isDone: false };
    const { desiredNumberScheduled: wanted } = status;
    const { updatedNumberScheduled: updated = 0, numberAvailable: available = 0 } = status;
    const name = `daemon set "${metadata.name}"`;
    const counts =
      updated < wanted
        ? `${updated} out of ${wanted} new pods have been updated...`
        : `${available} of ${wanted} updated pods are available...`;
    if (updated < wanted || available < wanted)
      return { says: `Waiting for ${name} rollout to finish: ${counts}`, isDone: false };
    return { says: `${name} successfully rolled out`, isDone: true };
  },

  history: revisionsOf,
  undo: (_object, revision) => templatePatch(revision),
});
