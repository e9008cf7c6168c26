/**
 * Runs a pod of a DaemonSet on every node that it fits. The scheduler binds the pods; each is tied
 * to its node from the start.
 * upstream: pkg/controller/daemon/daemon_controller.go#syncDaemonSet
 */
import { ControllerRevision } from "#api/apps/controllerrevision.ts";
import { DaemonSet } from "#api/apps/daemonset.ts";
import { Node } from "#api/core/node.ts";
import { Pod } from "#api/core/pod.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { isSame } from "#client/canonical.ts";
import {
  type Fleet,
  fleetOf,
  generationLabel,
  generationOf,
  hashLabel,
} from "./daemonset/fleet.ts";
import { forgotten, withoutDoubles } from "./daemonset/history.ts";
import { tiedTo, tolerationsOf, verdictOn } from "./daemonset/placement.ts";
import { replacement } from "./daemonset/rolling.ts";
import { statusOf } from "./daemonset/status.ts";
import { upkeep } from "./daemonset/upkeep.ts";
import { watchingOrphans, watchingRevisions } from "./history/owners.ts";
import { byRevision, hashOf, revisionOfToday } from "./history/revisions.ts";
import { wakeWhenAvailable } from "./pod-availability.ts";
import { creationEvent, creationFailure, deletionEvent, podFor } from "./pod-writes.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import {
  create,
  type Effect,
  fail,
  failureIn,
  remove,
  setStatus,
  settle,
  settleSlowly,
  warn,
} from "./runtime/effects.ts";
import { claim } from "./runtime/ownership.ts";

const apps = ["extensions", "apps"];

export const daemonsetController = defineController({
  name: "daemonset-controller",
  identity: "daemon-set-controller",
  queue: "daemonset",
  // A look goes over all nodes, and each of them has news of its pod when many come at once.
  pauseMs: 50,
  for: DaemonSet,
  owns: [Pod],
  watches: [
    watchingOrphans(Pod, DaemonSet),
    watching(Node, setsConcernedByNode),
    watchingRevisions(DaemonSet),
  ],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: apps, resources: ["daemonsets"] },
    { verbs: ["update"], apiGroups: apps, resources: ["daemonsets/status"] },
    { verbs: ["update"], apiGroups: apps, resources: ["daemonsets/finalizers"] },
    { verbs: ["list", "watch"], apiGroups: [""], resources: ["nodes"] },
    {
      verbs: ["list", "watch", "create", "delete", "patch"],
      apiGroups: [""],
      resources: ["pods"],
    },
    { verbs: ["create"], apiGroups: [""], resources: ["pods/binding"] },
    {
      verbs: ["get", "list", "watch", "create", "delete", "update", "patch"],
      apiGroups: ["apps"],
      resources: ["controllerrevisions"],
    },
    eventsRule,
  ],

  reconcile(set, view) {
    if (selectsEverything(set)) return complain(set);
    if (set.metadata.deletionTimestamp) return [];
    const { matches } = labelSelectorOf(set.spec.selector ?? undefined);
    const claiming = { owner: set, ownerKind: DaemonSet, matches };
    const pods = claim({ ...claiming, kind: Pod }, view);
    const own = claim({ ...claiming, kind: ControllerRevision }, view);
    const ownership = [...own.effects, ...pods.effects];
    if (ownership.length > 0) return ownership;
    return goOn(set, { pods: pods.claimed, revisions: own.claimed.toSorted(byRevision) }, view);
  },
});

function selectsEverything({ spec: { selector } }: DaemonSet): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

// exact: kube-controller-manager
const complain = (set: DaemonSet): readonly Effect[] => [
  warn(
    set,
    "SelectingAll",
    "This daemon set is selecting all pods. A non-empty selector is required.",
  ),
];

interface Belongings {
  readonly pods: readonly Pod[];
  readonly revisions: readonly ControllerRevision[];
}

function goOn(set: DaemonSet, belongings: Belongings, view: View): readonly Effect[] {
  const doubles = withoutDoubles(set, belongings);
  if (doubles.length > 0) return doubles;
  const { pods, revisions } = belongings;
  const history = { kind: DaemonSet, workload: set, revisions, hashLabel };
  const found = revisionOfToday(history, view);
  if (found.effects) return found.effects;
  const hash = hashOf(found.revision, history);
  const fleet = fleetOf(set, pods, { nodes: view.list(Node), hash, now: view.now });
  const due = upkeep(fleet, view);
  // Only when every node has what it should have, old pods are replaced.
  const isQuiet = due.create.length === 0 && due.remove.length === 0;
  const { create: names, remove: excess } = isQuiet ? replacement(fleet) : due;
  return [
    ...due.effects,
    ...perform(fleet, { names, excess }, [
      ...forgotten(set, belongings, found.revision),
      ...wakeWhenAvailable(pods, set.spec.minReadySeconds ?? 0, view.now),
    ]),
  ];
}

/** Upstream's bound on the pods that one look creates or deletes. */
const burstMax = 250;

interface Changes {
  /** Of nodes. */
  readonly names: readonly string[];
  readonly excess: readonly Pod[];
}

function perform(fleet: Fleet, changes: Changes, rest: readonly Effect[]): readonly Effect[] {
  const { set } = fleet;
  const names = changes.names.slice(0, burstMax);
  const excess = changes.excess.slice(0, burstMax);
  const status = setStatus(DaemonSet, set, statusOf(fleet));
  const finish = (failure: unknown): readonly Effect[] => [
    status,
    ...(failure === undefined ? rest : [fail(failure)]),
  ];
  const deletions = excess.map((pod) => remove(Pod, pod));
  const creations = names.map((name) => create(Pod, podAt(fleet, name)));
  const deleting = (failure: unknown): Effect =>
    settle(deletions, (outcomes) => [
      ...outcomes.map((outcome, i) => deletionEvent(set, excess[i], outcome)),
      ...finish(failure ?? failureIn(outcomes)),
    ]);
  return [
    settleSlowly(creations, (outcomes) => [
      ...outcomes.flatMap((outcome) => creationEvent(set, outcome)),
      deleting(creationFailure(outcomes)),
    ]),
  ];
}

function podAt({ set, hash }: Fleet, nodeName: string): object {
  const { template } = set.spec;
  const { metadata, spec } = podFor(set, template, DaemonSet);
  const generation = generationOf(set);
  const labels = {
    ...template.metadata.labels,
    ...(generation === undefined ? {} : { [generationLabel]: generation }),
    [hashLabel]: hash,
  };
  return {
    metadata: { ...metadata, labels },
    spec: {
      ...spec,
      affinity: tiedTo(spec.affinity, nodeName),
      tolerations: tolerationsOf(spec),
    },
  };
}

/** Heartbeats concern nobody: only what decides about running there. */
function* setsConcernedByNode(node: Node, old: Node | undefined, view: View): Iterable<string> {
  const isThere = view.get(Node, undefined, node.metadata.name ?? "") !== undefined;
  if (old && isThere && isAsFitting(node, old)) return;
  for (const set of view.list(DaemonSet)) {
    const { shouldRun, mayStay } = verdictOn(node, set);
    const before = old && isThere ? verdictOn(old, set) : { shouldRun: false, mayStay: false };
    if (shouldRun !== before.shouldRun || mayStay !== before.mayStay) yield keyOf(set);
  }
}

const isAsFitting = (a: Node, b: Node): boolean =>
  isSame(a.metadata.labels, b.metadata.labels) && isSame(a.spec.taints, b.spec.taints);
