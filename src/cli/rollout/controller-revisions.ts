/** The templates that a daemon set or a stateful set had, as controller revisions keep them. */
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import type { Session } from "../session.ts";
import { causeAnnotation, type Revision } from "./rollout.ts";

interface Owner {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly selector: LabelSelector; readonly template: PodTemplateSpec };
}

export async function revisionsOf(
  { client, shell }: Session,
  { metadata: { namespace = "", uid }, spec }: Owner,
): Promise<readonly Revision[]> {
  const labelSelector = labelSelectorOf(spec.selector).toString();
  const { items } = await client.list(ControllerRevision, {
    namespace,
    labelSelector,
    signal: shell.signal,
  });
  return items
    .filter(({ metadata: { ownerReferences = [] } }) =>
      ownerReferences.some((owner) => owner.controller && owner.uid === uid),
    )
    .map(({ metadata: { annotations = {} }, revision, data }) => ({
      number: revision,
      cause: annotations[causeAnnotation] ?? "",
      template: templateIn(data, spec.template),
      annotations,
    }))
    .toSorted((a, b) => a.number - b.number);
}

function templateIn(data: unknown, fallback: PodTemplateSpec): PodTemplateSpec {
  const { spec } = (data ?? {}) as { readonly spec?: { readonly template?: Kept } };
  if (!spec?.template) return fallback;
  const { $patch: _directive, ...template } = spec.template;
  return template;
}

/** It is kept as the patch that brings it back. */
type Kept = PodTemplateSpec & { readonly $patch?: string };

export const templatePatch = ({ template }: Revision): readonly object[] => [
  { op: "replace", path: "/spec/template", value: template },
];
