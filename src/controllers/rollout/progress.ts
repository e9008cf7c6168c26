/**
 * How a rollout is going, in the words of its conditions.
 * upstream: pkg/controller/deployment/progress.go
 */
import type { DeploymentCondition, DeploymentStatus } from "#api/apps/deployment.ts";
import type { ReplicaSet } from "#api/apps/replicaset.ts";
import { findCondition, withoutCondition } from "#api/meta/conditions.ts";
import { formatTime, seconds } from "#base/clock.ts";
import { actualOf, askedBy, availableOf, limitOf, type Rollout, sum } from "./rollout.ts";

type Conditions = readonly DeploymentCondition[];

/** Reasons of the Progressing condition. */
export const reasons = {
  created: "NewReplicaSetCreated",
  found: "FoundNewReplicaSet",
  updated: "ReplicaSetUpdated",
  createFailed: "ReplicaSetCreateError",
  available: "NewReplicaSetAvailable",
  timedOut: "ProgressDeadlineExceeded",
  paused: "DeploymentPaused",
  resumed: "DeploymentResumed",
} as const;

export function condition(
  type: "Available" | "Progressing",
  status: "True" | "False" | "Unknown",
  said: { readonly reason: string; readonly message: string; readonly now: number },
): DeploymentCondition {
  const time = formatTime(said.now);
  const { reason, message } = said;
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time };
}

/** Nothing changes while status and reason stay; then the condition moves to the end. */
export function withDeploymentCondition(
  conditions: Conditions | undefined,
  added: DeploymentCondition,
): Conditions {
  const before = findCondition(conditions, added.type);
  if (before?.status === added.status && before.reason === added.reason) return conditions ?? [];
  const isSameStatus = before?.status === added.status;
  const time = isSameStatus ? before.lastTransitionTime : added.lastTransitionTime;
  return [...withoutCondition(conditions, added.type), { ...added, lastTransitionTime: time }];
}

export const progressDeadline = ({ deployment }: Rollout): number | undefined =>
  limitOf(deployment.spec.progressDeadlineSeconds);

/** The status without a judgement on progress. */
export function plainStatus(rollout: Rollout, now: number): DeploymentStatus {
  const { deployment, current, all } = rollout;
  const available = availableOf(all);
  return {
    ...deployment.status,
    observedGeneration: deployment.metadata.generation,
    replicas: actualOf(all),
    updatedReplicas: current?.status.replicas ?? 0,
    readyReplicas: sum(all, ({ status }) => status.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(askedBy(all) - available, 0),
    terminatingReplicas: terminatingOf(all),
    conditions: withDeploymentCondition(
      deployment.status.conditions,
      availability(rollout, available, now),
    ),
  };
}

/** Unknown as long as one set does not say. */
const terminatingOf = (sets: readonly ReplicaSet[]): number | undefined =>
  sets.every(({ status }) => status.terminatingReplicas !== undefined)
    ? sum(sets, ({ status }) => status.terminatingReplicas ?? 0)
    : undefined;

// exact: kube-controller-manager
function availability(
  { replicas, maxUnavailable }: Rollout,
  available: number,
  now: number,
): DeploymentCondition {
  return available >= replicas - maxUnavailable
    ? condition("Available", "True", {
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
        now,
      })
    : condition("Available", "False", {
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
        now,
      });
}

/** The status with a judgement on progress, and the failures of the sets. */
export function rolloutStatus(rollout: Rollout, now: number): DeploymentStatus {
  const status = plainStatus(rollout, now);
  const judged = withProgress(rollout, status, now);
  return { ...status, conditions: withReplicaFailure(rollout, judged) };
}

function withProgress(rollout: Rollout, status: DeploymentStatus, now: number): Conditions {
  const { conditions = [] } = status;
  if (progressDeadline(rollout) === undefined) return withoutCondition(conditions, "Progressing");
  const before = findCondition(rollout.deployment.status.conditions, "Progressing");
  const isOver = status.replicas === status.updatedReplicas && before?.reason === reasons.available;
  if (isOver) return conditions;
  const say = (text: string): string => `${subjectOf(rollout)} ${text}`;
  if (isComplete(rollout, status)) {
    const message = say("has successfully progressed.");
    const done = condition("Progressing", "True", { reason: reasons.available, message, now });
    return withDeploymentCondition(conditions, done);
  }
  if (isProgressing(rollout.deployment.status, status)) {
    const message = say("is progressing.");
    const going = condition("Progressing", "True", { reason: reasons.updated, message, now });
    // The time of the last update tells when there was progress, so it is renewed every time.
    const since = before?.status === "True" ? before.lastTransitionTime : going.lastTransitionTime;
    return [
      ...withoutCondition(conditions, "Progressing"),
      { ...going, lastTransitionTime: since },
    ];
  }
  if (isTimedOut(rollout, conditions, now)) {
    const message = say("has timed out progressing.");
    const late = condition("Progressing", "False", { reason: reasons.timedOut, message, now });
    return withDeploymentCondition(conditions, late);
  }
  return conditions;
}

const subjectOf = ({ current, deployment }: Rollout): string =>
  current
    ? `ReplicaSet ${JSON.stringify(current.metadata.name)}`
    : `Deployment ${JSON.stringify(deployment.metadata.name)}`;

/** Everything asked for is there, up to date and available. */
export const isComplete = (
  { deployment, replicas }: Rollout,
  status: DeploymentStatus = deployment.status,
): boolean =>
  (status.updatedReplicas ?? 0) === replicas &&
  (status.replicas ?? 0) === replicas &&
  (status.availableReplicas ?? 0) === replicas &&
  (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);

function isProgressing(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldOnes = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number =>
    replicas - updatedReplicas;
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldOnes(after) < oldOnes(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function isTimedOut(rollout: Rollout, conditions: Conditions, now: number): boolean {
  const progressing = findCondition(conditions, "Progressing");
  if (!progressing || progressing.reason === reasons.available) return false;
  if (progressing.reason === reasons.timedOut) return true;
  return now > deadlineAt(rollout, progressing, now);
}

const deadlineAt = (
  rollout: Rollout,
  { lastUpdateTime }: DeploymentCondition,
  now: number,
): number =>
  (lastUpdateTime ? Date.parse(lastUpdateTime) : now) + seconds(progressDeadline(rollout) ?? 0);

/** When to see whether the rollout is stuck; undefined when it cannot be. */
export function checkProgressIn(rollout: Rollout, now: number): number | undefined {
  const progressing = findCondition(rollout.deployment.status.conditions, "Progressing");
  if (progressDeadline(rollout) === undefined || !progressing) return undefined;
  if (isComplete(rollout) || progressing.reason === reasons.timedOut) return undefined;
  if (progressing.reason === reasons.paused) return undefined;
  return Math.max(deadlineAt(rollout, progressing, now) - now, 0) + seconds(1);
}

/** The current set's failure counts more than an old one's. */
function withReplicaFailure({ current, all }: Rollout, conditions: Conditions): Conditions {
  const failureOf = (set: ReplicaSet | undefined) =>
    findCondition(set?.status.conditions, "ReplicaFailure");
  const failure = failureOf(current) ?? all.map(failureOf).find((found) => found !== undefined);
  if (!failure) return withoutCondition(conditions, "ReplicaFailure");
  const { type, status, reason, message, lastTransitionTime } = failure;
  return withDeploymentCondition(conditions, {
    type,
    status,
    reason,
    message,
    lastTransitionTime,
    lastUpdateTime: lastTransitionTime,
  });
}
