/** Whom a change of what workloads own concerns: a revision, a pod, a set. */
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import type { ApiObject, Kind } from "#api/kind.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { type AnyWatched, keyOf, type View, watching } from "../runtime/controller.ts";
import { controllerOf } from "../runtime/ownership.ts";
import type { Workload } from "./revisions.ts";

/** Its owner, when it changed or is gone, and whoever may adopt it. A new one is no news. */
export const watchingRevisions = <T extends Workload>(kind: Kind<T>): AnyWatched =>
  watching(ControllerRevision, function* (revision, old, view) {
    const owner = controllerOf(revision);
    if (!owner) yield* adoptersOf(kind, revision, view);
    else if (old || isGone(revision, view)) yield* ownerOf(kind, revision, view);
    const before = old && controllerOf(old);
    if (before && before.uid !== owner?.uid) yield* ownerOf(kind, old, view);
  });

const isGone = ({ metadata: { namespace, name = "" } }: ControllerRevision, view: View): boolean =>
  view.get(ControllerRevision, namespace, name) === undefined;

function* ownerOf<T extends Workload>(
  kind: Kind<T>,
  revision: ControllerRevision,
  view: View,
): Iterable<string> {
  const owner = controllerOf(revision);
  const found = owner && view.get(kind, revision.metadata.namespace, owner.name);
  if (found && owner.apiVersion === kind.apiVersion && owner.kind === kind.kind) yield keyOf(found);
}

/** What of a workload tells whom it takes. */
type Selecting = ApiObject & { readonly spec: { readonly selector?: LabelSelector | null } };

/** Those whose selector matches an object that nobody owns. */
export function* adoptersOf<T extends Selecting>(
  kind: Kind<T>,
  { metadata }: ApiObject,
  view: View,
): Iterable<string> {
  if (metadata.deletionTimestamp) return;
  for (const workload of view.list(kind, metadata.namespace)) {
    const { matches } = labelSelectorOf(workload.spec.selector ?? undefined);
    if (matches(metadata.labels)) yield keyOf(workload);
  }
}

/** An object that nobody owns concerns every workload that would take it. */
export const watchingOrphans = <T extends ApiObject, W extends Selecting>(
  kind: Kind<T>,
  workload: Kind<W>,
): AnyWatched =>
  watching(kind, (object, _old, view) =>
    controllerOf(object) ? [] : adoptersOf(workload, object, view),
  );
