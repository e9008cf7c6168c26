/**
 * Keeps the pods of a StatefulSet: each with a number, a name and claims of its own, started in
 * order, stopped in reverse, and updated from the last to the first.
 * upstream: pkg/controller/statefulset/stateful_set_control.go
 */
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { StatefulSet } from "#api/apps/statefulset.ts";
import { PersistentVolumeClaim } from "#api/core/persistentvolumeclaim.ts";
import { Pod } from "#api/core/pod.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { isSame } from "#client/canonical.ts";
import { watchingOrphans, watchingRevisions } from "./history/owners.ts";
import { byRevision, revisionOfToday } from "./history/revisions.ts";
import { wakeWhenAvailable } from "./pod-availability.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import {
  type Effect,
  fail,
  failureIn,
  remove,
  setStatus,
  settle,
  settleSlowly,
} from "./runtime/effects.ts";
import { claim } from "./runtime/ownership.ts";
import { isMember, revisionNameOf } from "./statefulset/identity.ts";
import { type Members, membersOf } from "./statefulset/members.ts";
import { statusOf } from "./statefulset/status.ts";
import { stepsOf } from "./statefulset/steps.ts";

export const statefulsetController = defineController({
  name: "statefulset-controller",
  queue: "statefulset",
  for: StatefulSet,
  owns: [Pod],
  watches: [
    watchingOrphans(Pod, StatefulSet),
    watching(PersistentVolumeClaim, setsThatLostAClaim),
    watchingRevisions(StatefulSet),
  ],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: ["apps"], resources: ["statefulsets"] },
    { verbs: ["update"], apiGroups: ["apps"], resources: ["statefulsets/status"] },
    { verbs: ["update"], apiGroups: ["apps"], resources: ["statefulsets/finalizers"] },
    {
      verbs: ["get", "list", "watch", "create", "delete", "update", "patch"],
      apiGroups: [""],
      resources: ["pods"],
    },
    {
      verbs: ["get", "create", "delete", "update", "patch", "list", "watch"],
      apiGroups: ["apps"],
      resources: ["controllerrevisions"],
    },
    {
      verbs: ["get", "create", "update", "delete"],
      apiGroups: [""],
      resources: ["persistentvolumeclaims"],
    },
    eventsRule,
  ],

  reconcile(set, view) {
    const { matches } = labelSelectorOf(set.spec.selector ?? undefined);
    const claiming = { owner: set, ownerKind: StatefulSet, matches };
    const pods = claim({ ...claiming, kind: Pod, concerns: (pod) => isMember(set, pod) }, view);
    const own = claim({ ...claiming, kind: ControllerRevision }, view);
    const ownership = [...own.effects, ...pods.effects];
    if (ownership.length > 0) return ownership;
    return goOn(set, { pods: pods.claimed, revisions: own.claimed.toSorted(byRevision) }, view);
  },
});

interface Belongings {
  readonly pods: readonly Pod[];
  readonly revisions: readonly ControllerRevision[];
}

function goOn(set: StatefulSet, { pods, revisions }: Belongings, view: View): readonly Effect[] {
  const hashLabel = "controller.kubernetes.io/hash";
  const found = revisionOfToday({ kind: StatefulSet, workload: set, revisions, hashLabel }, view);
  if (found.effects) return set.metadata.deletionTimestamp ? [] : found.effects;
  const update = found.revision;
  const { currentRevision } = set.status;
  const current = revisions.find(({ metadata }) => metadata.name === currentRevision) ?? update;
  const members = membersOf(set, pods, { current, update, now: view.now });
  const finish = (failure?: unknown): readonly Effect[] => [
    setStatus(StatefulSet, set, statusOf(members)),
    ...(failure === undefined ? [] : [fail(failure)]),
    ...forgotten(members, revisions),
    ...wakeWhenAvailable(pods, set.spec.minReadySeconds ?? 0, view.now),
  ];
  return perform(members, view, finish);
}

function perform(
  members: Members,
  view: View,
  finish: (failure?: unknown) => readonly Effect[],
): readonly Effect[] {
  const { first, rest } = stepsOf(members, view);
  // What concerns one pod goes on when it went well; what fails for one pod may well fail for all.
  const each = first.map((effects) => settle(effects, (outcomes) => failed(failureIn(outcomes))));
  const last = settle(rest, (outcomes) => finish(failureIn(outcomes)));
  return [
    settleSlowly(each, (outcomes) => {
      const failure = failureIn(outcomes);
      return failure === undefined ? [last] : finish(failure);
    }),
  ];
}

const failed = (failure: unknown): readonly Effect[] =>
  failure === undefined ? [] : [fail(failure)];

/** Revisions beyond the history limit go, the oldest first; those that pods have do not count. */
function forgotten(
  { set, pods, current, update }: Members,
  revisions: readonly ControllerRevision[],
): readonly Effect[] {
  const limit = set.spec.revisionHistoryLimit ?? 10;
  if (limit < 0 || set.metadata.deletionTimestamp) return [];
  const live = new Set(pods.map(revisionNameOf));
  for (const { metadata } of [current, update]) live.add(metadata.name ?? "");
  const history = revisions.filter(({ metadata }) => !live.has(metadata.name ?? ""));
  const excess = Math.max(history.length - limit, 0);
  return history.slice(0, excess).map((revision) => remove(ControllerRevision, revision));
}

/** A pod may be waiting for its claim to go, to lose an owner, or to be made again. */
function* setsThatLostAClaim(
  { metadata: { namespace, name = "", ownerReferences } }: PersistentVolumeClaim,
  old: PersistentVolumeClaim | undefined,
  view: View,
): Iterable<string> {
  const isThere = view.get(PersistentVolumeClaim, namespace, name) !== undefined;
  const isSameAsBefore = !old || isSame(ownerReferences, old.metadata.ownerReferences);
  if (isThere && isSameAsBefore) return;
  for (const set of view.list(StatefulSet, namespace)) {
    const prefixes = (set.spec.volumeClaimTemplates ?? []).map(
      (template) => `${template.metadata.name}-${set.metadata.name}-`,
    );
    if (prefixes.some((prefix) => name.startsWith(prefix))) yield keyOf(set);
  }
}
