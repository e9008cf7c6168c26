/**
 * Goes back to an earlier revision because an annotation says so: what is left of the field
 * `rollbackTo` of early versions of the API. In any case the annotation goes.
 * upstream: pkg/controller/deployment/rollback.go
 */
import { Deployment } from "#api/apps/deployment.ts";
import type { ReplicaSet } from "#api/apps/replicaset.ts";
import { andThen, type Effect, note, update, warn } from "../runtime/effects.ts";
import { byRevision, isOfDeployment, parsedRevision, revisionOf } from "./revisions.ts";
import { isSameTemplate, type Rollout, withoutHash } from "./rollout.ts";

// exact: apps/v1
const annotation = "deprecated.deployment.rollback.to";

/** The revision that is asked for, 0 for the one before; one that makes no sense counts as none. */
export const rollbackTarget = ({ metadata }: Deployment): bigint | undefined =>
  parsedRevision(metadata.annotations?.[annotation] ?? "");

// exact: kube-controller-manager, reasons and messages
export function rollBack({ deployment, all }: Rollout, target: bigint): readonly Effect[] {
  const revision = target === 0n ? lastRevision(all) : target;
  if (revision === undefined) return giveUp(deployment, "Unable to find last revision.");
  const set = all.find((candidate) => revisionOf(candidate) === revision);
  if (!set) return giveUp(deployment, "Unable to find the revision to rollback to.");
  const name = JSON.stringify(deployment.metadata.name);
  if (isSameTemplate(set.spec.template, deployment.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment ${name}`;
    return [warn(deployment, "DeploymentRollbackTemplateUnchanged", message), settled(deployment)];
  }
  const message = `Rolled back deployment ${name} to revision ${revision}`;
  return [
    andThen(settled(asIn(set, deployment)), () => [
      note(deployment, "DeploymentRollback", message),
    ]),
  ];
}

/** The one before the newest. */
function lastRevision(sets: readonly ReplicaSet[]): bigint | undefined {
  const revision = sets.toSorted(byRevision).at(-2);
  return (revision && revisionOf(revision)) || undefined;
}

const giveUp = (deployment: Deployment, message: string): readonly Effect[] => [
  warn(deployment, "DeploymentRollbackRevisionNotFound", message),
  settled(deployment),
];

/** With the annotations that it had then: the cause of that change among them. */
function asIn({ metadata, spec }: ReplicaSet, deployment: Deployment): Deployment {
  const kept = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) =>
    isOfDeployment(key),
  );
  const copied = Object.entries(metadata.annotations ?? {}).filter(([key]) => !isOfDeployment(key));
  return {
    ...deployment,
    metadata: {
      ...deployment.metadata,
      annotations: Object.fromEntries([...kept, ...copied]),
    },
    spec: { ...deployment.spec, template: withoutHash(spec.template) },
  };
}

function settled(deployment: Deployment): Effect {
  const { [annotation]: _done, ...annotations } = deployment.metadata.annotations ?? {};
  return update(Deployment, { ...deployment, metadata: { ...deployment.metadata, annotations } });
}
