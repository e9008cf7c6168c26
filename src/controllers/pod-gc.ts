/**
 * Deletes pods that nobody else would: of nodes that are gone, terminating ones that never got a
 * node or whose node is out of service, and finished ones when there are very many.
 * upstream: pkg/controller/podgc/gc_controller.go
 */
import { isConditionTrue } from "#api/meta/conditions.ts";
import { Node } from "#api/core/node.ts";
import { isPodTerminal, isPodTerminating, withPodCondition } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import type { PodCondition } from "#api/core/pod-status.ts";
import { nodeTaints } from "#api/core/taints.ts";
import { seconds } from "#base/clock.ts";
import type { Index } from "#client/cache.ts";
import { type Disruption, disruptionCondition } from "./disruption/disruption-condition.ts";
import { byNode } from "./nodes/node-pods.ts";
import { countDeletion, type GcReason, podGcMeter } from "./nodes/pod-gc-metrics.ts";
import { defineController, keyOf, type View, watching } from "./runtime/controller.ts";
import { type Effect, fail, patchStatus, remove, settle, wakeIn } from "./runtime/effects.ts";

/** Finished pods that may stay for people to look at. */
const finishedMax = 12_500;
/** A node may come back under its name: it is registered again, or an update was lost. */
const quarantineMs = seconds(40);

export const podGcController = defineController({
  name: "pod-garbage-collector-controller",
  identity: "pod-garbage-collector",
  queue: "orphaned_pods_nodes",
  for: Pod,
  meter: podGcMeter,
  watches: [watching(Node, podsOnNode), watching(Pod, excessPods)],
  rules: [
    { verbs: ["list", "watch", "delete"], apiGroups: [""], resources: ["pods"] },
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["nodes"] },
    { verbs: ["patch"], apiGroups: [""], resources: ["pods/status"] },
  ],

  leavesAlone: isAsBefore,

  reconcile(pod, view) {
    const { nodeName } = pod.spec;
    if (isPodTerminating(pod) && !nodeName) return forceDelete(pod, "unscheduled");
    const node = nodeName ? view.get(Node, undefined, nodeName) : undefined;
    if (nodeName && !node) return collectOrphan(pod, nodeName, view);
    if (node && isPodTerminating(pod) && isOutOfService(node))
      return forceDelete(pod, "out-of-service");
    return isExcess(pod, view) ? forceDelete(pod, "terminated") : [];
  },
});

/** It runs where it ran, or waits for a node as before: a new one waits. */
function isAsBefore(pod: Pod, old: Pod | undefined): boolean {
  const [wasTerminating, wasTerminal] = old ? [isPodTerminating(old), isPodTerminal(old)] : [];
  return (
    pod.spec.nodeName === old?.spec.nodeName &&
    isPodTerminating(pod) === (wasTerminating ?? false) &&
    isPodTerminal(pod) === (wasTerminal ?? false)
  );
}

const finished: Index<Pod> = (pod) => (isPodTerminal(pod) ? ["finished"] : []);

/** Its coming and going, and whether it was given up. */
function* podsOnNode(node: Node, old: Node | undefined, view: View): Generator<string> {
  const { name = "" } = node.metadata;
  const isThere = view.get(Node, undefined, name) !== undefined;
  if (isThere && old && isOutOfService(node) === isOutOfService(old)) return;
  for (const pod of view.by(Pod, byNode, name)) yield keyOf(pod);
}

const isOutOfService = ({ spec, status }: Node): boolean =>
  !isConditionTrue(status.conditions, "Ready") &&
  (spec.taints ?? []).some(({ key }) => key === nodeTaints.outOfService);

/** When one more pod finishes, those of the least use have to go. */
function* excessPods(pod: Pod, _old: Pod | undefined, view: View): Generator<string> {
  if (isPodTerminal(pod)) yield* firstExcess(view).map(keyOf);
}

function firstExcess(view: View): readonly Pod[] {
  const all = view.by(Pod, finished, "finished");
  if (all.length <= finishedMax) return [];
  return all.toSorted(byUse).slice(0, all.length - finishedMax);
}

const isExcess = (pod: Pod, view: View): boolean =>
  isPodTerminal(pod) && firstExcess(view).includes(pod);

/** What was evicted tells least: it goes before all others. */
function byUse(a: Pod, b: Pod): number {
  const evicted = Number(isEvicted(b)) - Number(isEvicted(a));
  if (evicted !== 0) return evicted;
  const left = `${a.metadata.creationTimestamp} ${keyOf(a)}`;
  const right = `${b.metadata.creationTimestamp} ${keyOf(b)}`;
  return left < right ? -1 : left > right ? 1 : 0;
}

const isEvicted = ({ status }: Pod): boolean =>
  status.phase === "Failed" && status.reason === "Evicted";

function collectOrphan(pod: Pod, nodeName: string, view: View): readonly Effect[] {
  const leftMs = view.since(`node ${nodeName} is gone`) + quarantineMs - view.now;
  if (leftMs > 0) return [wakeIn(leftMs)];
  return [
    settle([{ do: "fetch", kind: Node, at: { name: nodeName } }], ([node]) =>
      node?.ok && !node.found
        ? forceDelete(pod, "orphaned", disruptionCondition(pod, nodeIsGone, view))
        : [],
    ),
  ];
}

// exact: kube-controller-manager
const nodeIsGone: Disruption = {
  reason: "DeletionByPodGC",
  message: "PodGC: node no longer exists",
};

/** First it is marked as failed, so that its owner sees how it ended. */
function forceDelete(pod: Pod, reason: GcReason, condition?: PodCondition): readonly Effect[] {
  const failed = { ...pod.status, phase: "Failed" as const };
  const { phase, conditions } = condition ? withPodCondition(failed, condition) : failed;
  return [
    ...(isPodTerminal(pod) ? [] : [patchStatus(Pod, pod, { phase, conditions })]),
    settle([remove(Pod, pod, { gracePeriodSeconds: 0 })], ([outcome]) => [
      countDeletion(pod, reason, outcome?.ok === true),
      ...(outcome?.ok === false ? [fail(outcome.cause)] : []),
    ]),
  ];
}
