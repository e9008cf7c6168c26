/**
 * What follows from a node's conditions for itself alone: taints that keep new pods away, and that
 * the pods of a lost node count as not ready. When thousands of nodes come at once, several are
 * seen to at a time.
 * upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go#doNoScheduleTaintingPass
 */
import { Node } from "#api/core/node.ts";
import { conditionOf, withPodCondition } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { formatTime } from "#base/clock.ts";
import { isLost } from "./nodes/health.ts";
import { byNode, nodeControllerRules } from "./nodes/node-pods.ts";
import { putTaints, withConditionTaints } from "./nodes/taints.ts";
import { defineController, type View } from "./runtime/controller.ts";
import { andThen, type Effect, patchStatus, warn } from "./runtime/effects.ts";

export const nodeConditionsController = defineController({
  name: "node-conditions-controller",
  identity: "node-controller",
  eventSource: "node-controller",
  // exact: kube-controller-manager
  queue: "node_lifecycle_controller",
  for: Node,
  workers: 8,
  reads: [Pod],
  rules: nodeControllerRules,

  reconcile(node, view) {
    if (node.metadata.deletionTimestamp) return [];
    return [
      ...putTaints(node, withConditionTaints(node, view.now)),
      ...(isLost(node) ? markPods(node, view) : []),
    ];
  },
});

/** Nobody should be sent to pods that nobody can reach. */
function markPods(node: Node, { by, now }: View): readonly Effect[] {
  return by(Pod, byNode, node.metadata.name ?? "").flatMap((pod) => {
    const ready = conditionOf(pod, "Ready");
    if (ready?.status !== "True") return [];
    const notReady = { ...ready, status: "False", lastTransitionTime: formatTime(now) };
    const { conditions } = withPodCondition(pod.status, notReady);
    return [
      andThen(patchStatus(Pod, pod, { conditions }), () => [
        warn(pod, "NodeNotReady", "Node is not ready"),
      ]),
    ];
  });
}
