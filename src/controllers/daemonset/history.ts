/** The revisions of a daemon set: doubles go, and those that nobody needs to go back to. */
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { DaemonSet } from "#api/apps/daemonset.ts";
import { Pod } from "#api/core/pod.ts";
import { hashOf, isOf } from "../history/revisions.ts";
import { type Effect, patch, remove } from "../runtime/effects.ts";
import { hashLabel } from "./fleet.ts";

interface Belongings {
  readonly pods: readonly Pod[];
  /** Oldest first. */
  readonly revisions: readonly ControllerRevision[];
}

/** Of several revisions of the same template the newest stays, and takes over the others' pods. */
export function withoutDoubles(set: DaemonSet, { pods, revisions }: Belongings): readonly Effect[] {
  const same = revisions.filter((revision) => isOf({ kind: DaemonSet, workload: set }, revision));
  const kept = same.at(-1);
  if (!kept || same.length === 1) return [];
  const history = { hashLabel, workload: set };
  const doubles = same.filter((revision) => revision !== kept);
  const hashes = new Set(doubles.map((revision) => hashOf(revision, history)));
  const labels = { [hashLabel]: hashOf(kept, history) };
  return [
    ...pods
      .filter(({ metadata }) => hashes.has(metadata.labels?.[hashLabel] ?? ""))
      .map((pod) => patch(Pod, pod, { is: "merge", change: { metadata: { labels } } })),
    ...doubles.map((revision) => remove(ControllerRevision, revision)),
  ];
}

/** Those beyond the history limit go, the oldest first; those that pods have stay. */
export function forgotten(
  set: DaemonSet,
  { pods, revisions }: Belongings,
  current: ControllerRevision,
): readonly Effect[] {
  const old = revisions.filter((revision) => revision !== current);
  const excess = Math.max(old.length - (set.spec.revisionHistoryLimit ?? 10), 0);
  if (excess === 0) return [];
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[hashLabel]));
  return old
    .filter((revision) => !live.has(hashOf(revision, { hashLabel, workload: set })))
    .slice(0, excess)
    .map((revision) => remove(ControllerRevision, revision));
}
