/**
 * The history of a rollout, kept in annotations: which revision each ReplicaSet is, which ones it
 * was before, and how large the deployment was when the set was last scaled.
 * upstream: pkg/controller/deployment/util/deployment_util.go#SetNewReplicaSetAnnotations
 */
import type { ReplicaSet } from "#api/apps/replicaset.ts";
import { isSame } from "#client/canonical.ts";
import type { Rollout } from "./rollout.ts";

type Annotations = Readonly<Record<string, string>>;

export const revisionAnnotation = "deployment.kubernetes.io/revision";
const historyAnnotation = "deployment.kubernetes.io/revision-history";
const desiredAnnotation = "deployment.kubernetes.io/desired-replicas";
const maxAnnotation = "deployment.kubernetes.io/max-replicas";

/** What concerns the deployment itself, and is not copied to its sets. */
const notCopied = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
]);

/** Whether an annotation is about the deployment itself, and none that its sets have as well. */
export const isOfDeployment = (annotation: string): boolean => notCopied.has(annotation);

const historyLengthMax = 2_000;

const revisionMax = 2n ** 63n - 1n;

/** 0 when it has none, or one that makes no sense. Sets that are adopted may have very large ones. */
export const revisionOf = ({ metadata }: ReplicaSet): bigint =>
  parsedRevision(metadata.annotations?.[revisionAnnotation] ?? "") ?? 0n;

/** Undefined for what is no number of 64 bits. */
export function parsedRevision(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const revision = BigInt(text.replace(/^\+/, ""));
  return revision <= revisionMax ? revision : undefined;
}

export const byRevision = (a: ReplicaSet, b: ReplicaSet): number => {
  const [left, right] = [revisionOf(a), revisionOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
};

/** One more than every old revision. */
export const nextRevision = ({ old }: Rollout): bigint =>
  old.map(revisionOf).reduce((most, revision) => (revision > most ? revision : most), 0n) + 1n;

/** Of a set that is not there yet. */
export const annotationsOfNewSet = (rollout: Rollout): Annotations => ({
  ...copied(rollout),
  [revisionAnnotation]: String(nextRevision(rollout)),
  ...sizes(rollout),
});

/**
 * The current set as it should be; undefined when it is so already. A set that is rolled back to
 * gets a new revision and remembers the one it had.
 */
export function syncedCurrent(rollout: Rollout): ReplicaSet | undefined {
  const { current, deployment } = rollout;
  if (!current) return undefined;
  const { minReadySeconds } = deployment.spec;
  const before = current.metadata.annotations ?? {};
  const annotations = { ...before, ...copied(rollout), ...revised(before, nextRevision(rollout)) };
  const isSynced =
    isSame(before, annotations) && (current.spec.minReadySeconds ?? 0) === (minReadySeconds ?? 0);
  if (isSynced) return undefined;
  return {
    ...current,
    metadata: { ...current.metadata, annotations },
    spec: { ...current.spec, minReadySeconds },
  };
}

const copied = ({ deployment }: Rollout): Annotations =>
  Object.fromEntries(
    Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !isOfDeployment(key)),
  );

function revised(before: Annotations, revision: bigint): Annotations {
  const old = before[revisionAnnotation];
  // One that makes no sense is left as it is.
  if (old !== undefined && !((parsedRevision(old) ?? revision) < revision)) return {};
  const next = { [revisionAnnotation]: String(revision) };
  return old === undefined
    ? next
    : { ...next, [historyAnnotation]: history(before[historyAnnotation], old) };
}

/** The oldest revisions are forgotten when there are too many. */
function history(before: string | undefined, revision: string): string {
  const revisions = [...(before ? before.split(",") : []), revision];
  while (revisions.join(",").length > historyLengthMax) revisions.shift();
  return revisions.join(",");
}

/** What the set needs to know to be scaled in proportion. */
export const sizes = ({ replicas, maxSurge }: Rollout): Annotations => ({
  [desiredAnnotation]: String(replicas),
  [maxAnnotation]: String(replicas + maxSurge),
});

/** The size of the deployment when the set was last scaled. */
export const desiredWhenScaled = (set: ReplicaSet): number | undefined =>
  numberIn(set, desiredAnnotation);

export const maxWhenScaled = (set: ReplicaSet): number | undefined => numberIn(set, maxAnnotation);

function numberIn({ metadata }: ReplicaSet, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation] ?? "";
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}
