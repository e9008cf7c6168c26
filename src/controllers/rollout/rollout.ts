/**
 * A Deployment and its ReplicaSets at one moment: the current one, made from today's template,
 * and the old ones.
 * upstream: pkg/controller/deployment/util/deployment_util.go
 */
import type { Deployment } from "#api/apps/deployment.ts";
import { scaledValue } from "#api/apps/int-or-percent.ts";
import type { ReplicaSet } from "#api/apps/replicaset.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { fnv32a, safeEncode } from "#base/hash.ts";
import { isSame } from "#client/canonical.ts";

export interface Rollout {
  readonly deployment: Deployment;
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly all: readonly ReplicaSet[];
  /** Pods the deployment asks for. */
  readonly replicas: number;
  /** Pods it may have beyond that while rolling. */
  readonly maxSurge: number;
  /** Pods it may lack while rolling. */
  readonly maxUnavailable: number;
}

export const hashLabel = "pod-template-hash";

export function rolloutOf(deployment: Deployment, sets: readonly ReplicaSet[]): Rollout {
  const sorted = sets.toSorted(byAge);
  const current = sorted.find(({ spec }) =>
    isSameTemplate(spec.template, deployment.spec.template),
  );
  const replicas = deployment.spec.replicas ?? 1;
  return {
    deployment,
    current,
    old: sorted.filter((set) => set !== current),
    all: sorted,
    replicas,
    ...marginsOf(deployment, replicas),
  };
}

/** Oldest first; the name decides between equals. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const left = a.metadata.creationTimestamp ?? "";
  const right = b.metadata.creationTimestamp ?? "";
  if (left !== right) return left < right ? -1 : 1;
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}

/** The hash is ours, not the user's: it does not count. */
export function isSameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return isSame(withoutHash(a), withoutHash(b));
}

export function withoutHash({ metadata, spec }: PodTemplateSpec): PodTemplateSpec {
  const { [hashLabel]: _hash, ...labels } = metadata.labels ?? {};
  return { metadata: { ...metadata, labels }, spec };
}

/** Names the template. Collisions are resolved by counting them. */
export function templateHash({ spec, status }: Deployment): string {
  const template = JSON.stringify(withoutHash(spec.template));
  return safeEncode(String(fnv32a(`${template}${status.collisionCount ?? ""}`)));
}

/** Room to move is needed: without any, one pod may be unavailable. */
function marginsOf(
  { spec: { strategy } }: Deployment,
  replicas: number,
): Pick<Rollout, "maxSurge" | "maxUnavailable"> {
  if (strategy.type !== "RollingUpdate") return { maxSurge: 0, maxUnavailable: 0 };
  const { maxSurge: surge = 0, maxUnavailable: unavailable = 0 } = strategy.rollingUpdate ?? {};
  const maxSurge = scaledValue(surge, { total: replicas, round: "up" });
  const asked = scaledValue(unavailable, { total: replicas, round: "down" });
  const maxUnavailable = maxSurge === 0 && asked === 0 ? 1 : asked;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

export const sizeOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 1;

/** Pods the sets ask for. */
export const askedBy = (sets: readonly ReplicaSet[]): number => sum(sets, sizeOf);

/** Pods the sets have. */
export const actualOf = (sets: readonly ReplicaSet[]): number =>
  sum(sets, ({ status }) => status.replicas);

export const availableOf = (sets: readonly ReplicaSet[]): number =>
  sum(sets, ({ status }) => status.availableReplicas ?? 0);

export const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** Sets that ask for pods. */
export const active = (sets: readonly ReplicaSet[]): readonly ReplicaSet[] =>
  sets.filter((set) => sizeOf(set) > 0);

export const isRolling = ({ deployment }: Rollout): boolean =>
  deployment.spec.strategy.type === "RollingUpdate";

/** The largest int32 stands for none. */
export const limitOf = (value: number | undefined): number | undefined =>
  value === 2_147_483_647 ? undefined : value;
