/** The replica sets of a deployment: one for every template that it had. */
import type { Deployment } from "#api/apps/deployment.ts";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { equal } from "#schema/copy.ts";
import type { Session } from "../session.ts";

/** In the order in which they were made. */
export async function replicaSetsOf(
  { client, shell }: Session,
  { metadata, spec }: Pick<Deployment, "metadata" | "spec">,
): Promise<readonly ReplicaSet[]> {
  const { namespace = "", uid } = metadata;
  const labelSelector = labelSelectorOf(spec.selector).toString();
  const { items } = await client.list(ReplicaSet, {
    namespace,
    labelSelector,
    signal: shell.signal,
  });
  return items
    .filter(({ metadata: { ownerReferences = [] } }) =>
      ownerReferences.some((owner) => owner.controller && owner.uid === uid),
    )
    .toSorted((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1));
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
