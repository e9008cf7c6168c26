/**
 * Keeps as many pods as asked for: what ReplicaSets and ReplicationControllers have in common.
 * upstream: pkg/controller/replicaset/replica_set.go#syncReplicaSet
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import {
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminal,
  isPodTerminating,
} from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import type { PodTemplateSpec } from "#api/core/pod-spec.ts";
import { findCondition, withoutCondition } from "#api/meta/conditions.ts";
import { formatTime } from "#base/clock.ts";
import { messageOf } from "#base/failure.ts";
import { countAges } from "./deletion-ages.ts";
import { wakeWhenAvailable } from "./pod-availability.ts";
import { rankedForDeletion } from "./pod-ranking.ts";
import { creationEvent, creationFailure, deletionEvent, podFor } from "./pod-writes.ts";
import type { View } from "./runtime/controller.ts";
import {
  create,
  type Effect,
  fail,
  failureIn,
  remove,
  settle,
  settleSlowly,
} from "./runtime/effects.ts";
import { claim } from "./runtime/ownership.ts";

/** A set of pods made from one template, whatever its kind. */
export interface Replicas {
  readonly kind: AnyKind;
  readonly set: ReplicasObject;
  readonly count: number;
  readonly minReadySeconds: number;
  readonly template: PodTemplateSpec | undefined;
  readonly matches: (labels: Readonly<Record<string, string>> | undefined) => boolean;
  /** It counts the pods that are on their way out. */
  readonly countsTerminating: boolean;
  /** Other pods of the same workload: deletion spreads over nodes with them in mind. */
  readonly related: (view: View) => readonly Pod[];
}

interface ReplicasObject extends ApiObject {
  readonly status: ReplicasStatus;
}

interface ReplicasStatus {
  readonly replicas: number;
  readonly conditions?: readonly ReplicasCondition[] | undefined;
}

interface ReplicasCondition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string | null;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}

/** Upstream's bound on the pods that one look creates or deletes. */
const burstMax = 500;

export function reconcileReplicas(replicas: Replicas, view: View): readonly Effect[] {
  const { kind, set, count, matches } = replicas;
  // Pods that finished are nobody's business any more: neither adopted nor let go.
  const claiming = { owner: set, ownerKind: kind, kind: Pod, matches, concerns: isPodActive };
  const { claimed: pods, effects } = claim(claiming, view);
  if (effects.length > 0) return effects;
  const finish = (failure?: unknown): readonly Effect[] => [
    { do: "setStatus", kind, object: set, status: statusOf(replicas, pods, { view, failure }) },
    ...(failure === undefined ? [] : [fail(failure)]),
  ];
  const missing = set.metadata.deletionTimestamp ? 0 : count - pods.length;
  if (missing > 0) return addPods(replicas, Math.min(missing, burstMax), finish);
  if (missing < 0) {
    const ranked = rankedForDeletion(pods, {
      neighbours: countByNode(replicas.related(view)),
      nowMs: view.now,
    });
    const chosen = ranked.slice(0, Math.min(-missing, burstMax));
    return [...countAges(pods, chosen, view.now), ...removePods(set, chosen, finish)];
  }
  return [...finish(), ...wakeWhenAvailable(pods, replicas.minReadySeconds, view.now)];
}

type Finish = (failure?: unknown) => readonly Effect[];

function addPods({ kind, set, template }: Replicas, count: number, finish: Finish): Effect[] {
  if (!template) return [...finish()];
  const pod = podFor(set, template, kind);
  const creations = Array.from({ length: count }, () => create(Pod, pod));
  return [
    settleSlowly(creations, (outcomes) => [
      ...outcomes.flatMap((outcome) => creationEvent(set, outcome)),
      ...finish(creationFailure(outcomes)),
    ]),
  ];
}

const removePods = (set: ApiObject, pods: readonly Pod[], finish: Finish): Effect[] => [
  settle(
    pods.map((pod) => remove(Pod, pod)),
    (outcomes) => [
      ...outcomes.map((outcome, i) => deletionEvent(set, pods[i], outcome)),
      ...finish(failureIn(outcomes)),
    ],
  ),
];

function countByNode(pods: readonly Pod[]): (nodeName: string) => number {
  const counts = new Map<string, number>();
  for (const { spec } of pods.filter(isPodActive)) {
    const node = spec.nodeName ?? "";
    counts.set(node, (counts.get(node) ?? 0) + 1);
  }
  return (nodeName) => counts.get(nodeName) ?? 0;
}

function statusOf(
  replicas: Replicas,
  pods: readonly Pod[],
  { view, failure }: { readonly view: View; readonly failure: unknown },
): object {
  const { set, minReadySeconds, template, countsTerminating } = replicas;
  const templateLabels = Object.entries(template?.metadata.labels ?? {});
  const isFullyLabeled = ({ metadata }: Pod): boolean =>
    templateLabels.every(([key, value]) => metadata.labels?.[key] === value);
  return {
    ...set.status,
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter(isFullyLabeled).length,
    readyReplicas: pods.filter(isPodReady).length,
    availableReplicas: pods.filter((pod) => isPodAvailable(pod, minReadySeconds, view.now)).length,
    ...(countsTerminating ? { terminatingReplicas: countTerminating(set, view) } : {}),
    observedGeneration: set.metadata.generation,
    conditions: conditionsOf(replicas, pods.length, { failure, now: view.now }),
  };
}

const countTerminating = (set: ApiObject, view: View): number =>
  view.owned(Pod, set).filter((pod) => isPodTerminating(pod) && !isPodTerminal(pod)).length;

const replicaFailure = "ReplicaFailure";

function conditionsOf(
  { set, count }: Replicas,
  podCount: number,
  { failure, now }: { readonly failure: unknown; readonly now: number },
): readonly ReplicasCondition[] {
  const { conditions = [] } = set.status;
  if (failure === undefined) return withoutCondition(conditions, replicaFailure);
  if (findCondition(conditions, replicaFailure)) return conditions;
  const condition: ReplicasCondition = {
    type: replicaFailure,
    status: "True",
    reason: podCount < count ? "FailedCreate" : "FailedDelete",
    message: messageOf(failure),
    lastTransitionTime: formatTime(now),
  };
  return [...conditions, condition];
}
