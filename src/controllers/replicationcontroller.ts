import { Pod } from "#api/core/pod.ts";
import { ReplicationController } from "#api/core/replicationcontroller.ts";
import { reconcileReplicas } from "./replicas.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { controllerOf } from "./runtime/ownership.ts";

/**
 * Keeps `spec.replicas` pods alive for every ReplicationController.
 * upstream: pkg/controller/replication/replication_controller.go
 */
export const replicationcontrollerController = defineController({
  name: "replicationcontroller-controller",
  identity: "replication-controller",
  eventSource: "replication-controller",
  queue: "replicationmanager",
  for: ReplicationController,
  owns: [Pod],
  watches: [watching(Pod, controllersThatMayAdopt)],
  rules: [
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: [""],
      resources: ["replicationcontrollers"],
    },
    { verbs: ["update"], apiGroups: [""], resources: ["replicationcontrollers/status"] },
    { verbs: ["update"], apiGroups: [""], resources: ["replicationcontrollers/finalizers"] },
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
        kind: ReplicationController,
        set,
        count: set.spec.replicas ?? 1,
        minReadySeconds: set.spec.minReadySeconds ?? 0,
        template: set.spec.template,
        matches: (labels) => matches(set, labels),
        countsTerminating: false,
        related: (of) => of.owned(Pod, set),
      },
      view,
    ),
});

type Labels = Readonly<Record<string, string>> | undefined;

/** Every label of the selector; one without labels selects nothing. */
function matches({ spec }: ReplicationController, labels: Labels): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels?.[key] === value);
}

function* controllersThatMayAdopt(pod: Pod, _old: Pod | undefined, view: View): Iterable<string> {
  if (controllerOf(pod) || pod.metadata.deletionTimestamp) return;
  for (const set of view.list(ReplicationController, pod.metadata.namespace)) {
    if (matches(set, pod.metadata.labels)) yield keyOf(set);
  }
}
