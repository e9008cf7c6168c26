/** The templates that a daemon set or a stateful set had, as controller revisions keep them. */
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import type { Session } from "../session.ts";
import { listControlled, type Workload } from "./controlled.ts";
import { causeAnnotation, type Revision } from "./rollout.ts";

interface Owner extends Workload {
  readonly spec: Workload["spec"] & { readonly template: PodTemplateSpec };
}

export async function revisionsOf(session: Session, owner: Owner): Promise<readonly Revision[]> {
  const revisions = await listControlled(session, ControllerRevision, owner);
  return revisions
    .map(({ metadata: { annotations = {} }, revision, data }) => ({
      number: revision,
      cause: annotations[causeAnnotation] ?? "",
      template: templateIn(data, owner.spec.template),
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
