import type { LabelSelector } from "#api/meta/label-selector.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import type { Session } from "../session.ts";

/** A workload, as far as it says which objects are its own. */
export interface Workload {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly selector: LabelSelector };
}

/** The objects of a kind that a workload controls. */
export async function listControlled<T extends ApiObject>(
  { client, shell }: Session,
  kind: Kind<T>,
  { metadata: { namespace = "", uid }, spec }: Workload,
): Promise<readonly T[]> {
  const labelSelector = labelSelectorOf(spec.selector).toString();
  const { items } = await client.list(kind, { namespace, labelSelector, signal: shell.signal });
  return items.filter(({ metadata: { ownerReferences = [] } }) =>
    ownerReferences.some((owner) => owner.controller && owner.uid === uid),
  );
}
