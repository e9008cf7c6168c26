/**
 * Evicts pods from nodes whose NoExecute taints they do not tolerate, or no longer.
 * upstream: pkg/controller/tainteviction/taint_eviction.go
 */
import { Node, type Taint } from "#api/core/node.ts";
import { isPodTerminating } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { tolerates } from "#api/core/taints.ts";
import { seconds } from "#base/clock.ts";
import { isSame } from "#client/canonical.ts";
import { type Disruption, removeDisrupted } from "./disruption/disruption-condition.ts";
import { byNode, nodeControllerRules } from "./nodes/node-pods.ts";
import { defineController, keyOf, type View, watching } from "./runtime/controller.ts";
import { type Effect, note, wakeIn } from "./runtime/effects.ts";

/**
 * `pending`: uids of the pods that are to be evicted when their time has come. Only what is said of them depends on it:
 * who starts anew says nothing when such a deletion is called off.
 */
export const taintEvictionController = (pending = new Set<string>()) =>
  defineController({
    name: "taint-eviction-controller",
    identity: "node-controller",
    for: Pod,
    watches: [watching(Node, podsOnTaintedNode)],
    rules: nodeControllerRules,

    leavesAlone: ({ metadata, spec }, old) =>
      !spec.nodeName ||
      (old !== undefined &&
        spec.nodeName === old.spec.nodeName &&
        metadata.deletionTimestamp === old.metadata.deletionTimestamp &&
        isSame(spec.tolerations, old.spec.tolerations)),

    reconcile(pod, view) {
      const { nodeName } = pod.spec;
      const node = nodeName ? view.get(Node, undefined, nodeName) : undefined;
      const { uid = "" } = pod.metadata;
      const evictAt = isPodTerminating(pod) ? Infinity : evictionTime(pod, noExecute(node), view);
      if (evictAt > view.now && evictAt < Infinity) {
        pending.add(uid);
        return [wakeIn(evictAt - view.now)];
      }
      const wasPending = pending.delete(uid);
      if (evictAt === Infinity) return wasPending ? [cancelled(pod)] : [];
      return evict(pod, view);
    },
  });

const noExecute = (node: Node | undefined): readonly Taint[] =>
  node?.spec.taints?.filter(({ effect }) => effect === "NoExecute") ?? [];

function* podsOnTaintedNode(node: Node, old: Node | undefined, view: View): Generator<string> {
  if (isSame(noExecute(node), noExecute(old))) return;
  for (const pod of view.by(Pod, byNode, node.metadata.name ?? "")) yield keyOf(pod);
}

/** The taint that is tolerated shortest decides; Infinity when there is none, or none that ever matters. */
function evictionTime(pod: Pod, taints: readonly Taint[], view: View): number {
  if (taints.length === 0) return Infinity;
  const noticed = view.since("its node has NoExecute taints");
  const times = taints.map((taint) => {
    const toleration = pod.spec.tolerations?.find((candidate) => tolerates(candidate, taint));
    if (!toleration) return view.now;
    if (toleration.tolerationSeconds === undefined) return Infinity;
    const since = taint.timeAdded ? Date.parse(taint.timeAdded) : noticed;
    return since + seconds(Math.max(toleration.tolerationSeconds, 0));
  });
  return Math.min(...times);
}

// exact: kube-controller-manager
const evict = (pod: Pod, view: View): readonly Effect[] => [
  note(pod, "TaintManagerEviction", `Marking for deletion Pod ${keyOf(pod)}`),
  ...removeDisrupted(pod, disruption, view),
];

/** exact: kube-controller-manager */
const cancelled = (pod: Pod): Effect =>
  note(pod, "TaintManagerEviction", `Cancelling deletion of Pod ${keyOf(pod)}`);

const disruption: Disruption = {
  reason: "DeletionByTaintManager",
  message: "Taint manager: deleting due to NoExecute taint",
};
