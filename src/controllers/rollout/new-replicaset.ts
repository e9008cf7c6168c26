/**
 * Makes the ReplicaSet of a template that has none yet. Its name is derived from the template, so
 * trying twice makes one; should another set have that name, the deployment counts the collision
 * and derives a different one.
 * upstream: pkg/controller/deployment/sync.go#getNewReplicaSet
 */
import { Deployment, type DeploymentStatus } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { ApiError, isReason } from "#api/errors.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { messageOf } from "#base/failure.ts";
import type { View } from "../runtime/controller.ts";
import {
  create,
  type Effect,
  fail,
  note,
  type Outcome,
  setStatus,
  settle,
  warn,
} from "../runtime/effects.ts";
import { controllerReference } from "../runtime/ownership.ts";
import { condition, progressDeadline, reasons, withDeploymentCondition } from "./progress.ts";
import { annotationsOfNewSet } from "./revisions.ts";
import { hashLabel, type Rollout, templateHash } from "./rollout.ts";

export function newReplicaSet(rollout: Rollout, size: number, view: View): readonly Effect[] {
  const { deployment } = rollout;
  const hash = templateHash(deployment);
  const name = `${deployment.metadata.name}-${hash}`;
  // Were it this deployment's and of this template, it would be the current one.
  if (view.get(ReplicaSet, deployment.metadata.namespace, name)) return [countCollision(rollout)];
  return [
    settle([create(ReplicaSet, manifestOf(rollout, { name, hash, size }))], ([outcome]) =>
      outcome ? followUp(rollout, outcome, { name, size, now: view.now }) : [],
    ),
  ];
}

const countCollision = ({ deployment }: Rollout): Effect =>
  setStatus(Deployment, deployment, {
    ...deployment.status,
    collisionCount: (deployment.status.collisionCount ?? 0) + 1,
  });

interface NewSet {
  readonly name: string;
  readonly size: number;
  readonly now: number;
}

function followUp(rollout: Rollout, outcome: Outcome, made: NewSet): readonly Effect[] {
  if (!outcome.ok) return failed(rollout, outcome.cause, made);
  const { deployment } = rollout;
  const { name, size, now } = made;
  const message = `Created new replica set ${JSON.stringify(name)}`;
  return [
    ...(size > 0
      ? [note(deployment, "ScalingReplicaSet", `Scaled up replica set ${name} from 0 to ${size}`)]
      : []),
    ...progressing(rollout, "True", { reason: reasons.created, message, now }),
  ];
}

function failed(rollout: Rollout, cause: unknown, { name, now }: NewSet): readonly Effect[] {
  // The cache did not show it yet, or everything here is going away: nothing to complain about.
  if (isReason(cause, "AlreadyExists") || isNamespaceGoing(cause)) return [fail(cause)];
  const said = messageOf(cause);
  const message = `Failed to create new replica set ${JSON.stringify(name)}: ${said}`;
  return [
    warn(rollout.deployment, reasons.createFailed, message),
    ...progressing(rollout, "False", { reason: reasons.createFailed, message, now }),
    fail(cause),
  ];
}

const isNamespaceGoing = (cause: unknown): boolean =>
  cause instanceof ApiError &&
  (cause.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false);

function progressing(
  rollout: Rollout,
  status: "True" | "False",
  said: Parameters<typeof condition>[2],
): readonly Effect[] {
  if (progressDeadline(rollout) === undefined) return [];
  const { deployment } = rollout;
  const next: DeploymentStatus = {
    ...deployment.status,
    conditions: withDeploymentCondition(
      deployment.status.conditions,
      condition("Progressing", status, said),
    ),
  };
  return [setStatus(Deployment, deployment, next)];
}

function manifestOf(
  rollout: Rollout,
  { name, hash, size }: { readonly name: string; readonly hash: string; readonly size: number },
): object {
  const { metadata, spec } = rollout.deployment;
  const labels = { ...spec.template.metadata.labels, [hashLabel]: hash };
  return {
    metadata: {
      name,
      namespace: metadata.namespace,
      labels,
      annotations: annotationsOfNewSet(rollout),
      ownerReferences: [controllerReference(Deployment, rollout.deployment)],
    },
    spec: {
      replicas: size,
      minReadySeconds: spec.minReadySeconds,
      selector: withHash(spec.selector ?? {}, hash),
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

const withHash = (selector: LabelSelector, hash: string): LabelSelector => ({
  ...selector,
  matchLabels: { ...selector.matchLabels, [hashLabel]: hash },
});
