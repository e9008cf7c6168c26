import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Pod } from "#api/core/pod.ts";
import { labelSelectorOf } from "#api/selectors.ts";
import { byController } from "#client/cache.ts";
import { deletionAges } from "./deletion-ages.ts";
import { watchingOrphans } from "./history/owners.ts";
import { reconcileReplicas } from "./replicas.ts";
import { defineController, eventsRule, type View } from "./runtime/controller.ts";
import { controllerOf } from "./runtime/ownership.ts";

const apps = ["apps", "extensions"];

/**
 * Keeps `spec.replicas` pods alive for every ReplicaSet.
 * upstream: pkg/controller/replicaset/replica_set.go
 */
export const replicasetController = defineController({
  name: "replicaset-controller",
  queue: "replicaset",
  meter: { measures: [deletionAges] },
  for: ReplicaSet,
  owns: [Pod],
  watches: [watchingOrphans(Pod, ReplicaSet)],
  rules: [
    { verbs: ["get", "list", "watch", "update"], apiGroups: apps, resources: ["replicasets"] },
    { verbs: ["update"], apiGroups: apps, resources: ["replicasets/status"] },
    { verbs: ["update"], apiGroups: apps, resources: ["replicasets/finalizers"] },
    {
      verbs: ["list", "watch", "patch", "create", "delete"],
      apiGroups: [""],
      resources: ["pods"],
    },
    eventsRule,
  ],

  reconcile: (set, view) =>
    reconcileReplicas(
      {
        kind: ReplicaSet,
        set,
        count: set.spec.replicas ?? 1,
        minReadySeconds: set.spec.minReadySeconds ?? 0,
        template: set.spec.template,
        matches: labelSelectorOf(set.spec.selector ?? undefined).matches,
        countsTerminating: true,
        related: (of) => podsOfWorkload(set, of),
      },
      view,
    ),
});

/** Of all sets of the same owner: during a rollout the old and the new one share the nodes. */
function podsOfWorkload(set: ReplicaSet, view: View): readonly Pod[] {
  const owner = controllerOf(set);
  const sets = owner ? view.by(ReplicaSet, byController, owner.uid) : [set];
  return sets.flatMap((sibling) => view.owned(Pod, sibling));
}
