/** The replica sets of a deployment: one for every template that it had. */
import type { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { equal } from "#schema/copy.ts";
import type { Session } from "../session.ts";
import { listControlled } from "./controlled.ts";

/** In the order in which they were made. */
export async function replicaSetsOf(
  session: Session,
  deployment: Pick<Deployment, "metadata" | "spec">,
): Promise<readonly ReplicaSet[]> {
  const sets = await listControlled(session, ReplicaSet, deployment);
  return sets.toSorted((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
}

const ageKey = ({ metadata }: ReplicaSet): string =>
  `${metadata.creationTimestamp} ${metadata.name}`;

/** The one whose pods are as the deployment wants them now. */
export const newestSetOf = (
  { spec }: Pick<Deployment, "spec">,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined =>
  sets.find((set) => equal(withoutHash(set.spec.template), withoutHash(spec.template)));

export const hashLabel = "pod-template-hash";

/** The label with which each set tells its pods from the others' is no part of the template. */
export function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [hashLabel]: _hash, ...labels } = template.metadata.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
