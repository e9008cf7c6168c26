import { Deployment } from "#api/apps/deployment.ts";
import { hashLabel, replicaSetsOf, withoutHash } from "./replica-sets.ts";
import { causeAnnotation, defineRollout, type Revision } from "./rollout.ts";

const revisionAnnotation = "deployment.kubernetes.io/revision";

// exact: kubectl, the messages of this file
export const deployment = defineRollout({
  kind: Deployment,
  canPause: true,

  progress(object, revision) {
    const { metadata, status } = object;
    checkRevision(metadata.annotations?.[revisionAnnotation], revision);
    if ((metadata.generation ?? 0) > (status.observedGeneration ?? 0))
      return waiting("Waiting for deployment spec update to be observed...");
    const condition = (status.conditions ?? []).find(({ type }) => type === "Progressing");
    if (condition?.reason === "ProgressDeadlineExceeded")
      throw new Error(`deployment "${metadata.name}" exceeded its progress deadline`);
    const left = unfinished(object);
    const name = `deployment "${metadata.name}"`;
    return left === undefined
      ? { says: `${name} successfully rolled out`, isDone: true }
      : waiting(`Waiting for ${name} rollout to finish: ${left}...`);
  },

  async history(session, object) {
    const sets = await replicaSetsOf(session, object);
    return sets
      .map(({ metadata: { annotations = {} }, spec }): Revision => ({
        number: Number(annotations[revisionAnnotation] ?? 0),
        cause: annotations[causeAnnotation] ?? "",
        template: spec.template,
        annotations,
      }))
      .toSorted((a, b) => a.number - b.number);
  },

  undo({ metadata, spec }, revision) {
    if (spec.paused)
      throw new Error(
        `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
      );
    const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => isOwn(key));
    const back = Object.entries(revision.annotations).filter(([key]) => !isOwn(key));
    return [
      { op: "replace", path: "/spec/template", value: withoutHash(revision.template) },
      {
        op: "replace",
        path: "/metadata/annotations",
        value: Object.fromEntries([...kept, ...back]),
      },
    ];
  },
});

function unfinished({ spec, status }: Deployment): string | undefined {
  const { updatedReplicas: updated = 0, replicas = 0, availableReplicas: available = 0 } = status;
  const wanted = spec.replicas ?? 1;
  if (updated < wanted) return `${updated} out of ${wanted} new replicas have been updated`;
  if (replicas > updated) return `${replicas - updated} old replicas are pending termination`;
  return available < updated
    ? `${available} of ${updated} updated replicas are available`
    : undefined;
}

const waiting = (says: string) => ({ says, isDone: false });

function checkRevision(running: string | undefined, wanted: number): void {
  if (wanted > 0 && Number(running ?? 0) !== wanted)
    throw new Error(
      `desired revision (${wanted}) is different from the running revision (${running ?? 0})`,
    );
}

/** Those of the deployment itself; the rest goes with the template. */
const isOwn = (key: string): boolean => own.has(key) || key.endsWith(hashLabel);

const own = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  "deployment.kubernetes.io/revision-history",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.deployment.rollback.to",
]);
