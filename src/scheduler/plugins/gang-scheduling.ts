import { PodGroup } from "#api/scheduling/podgroup.ts";
import { minutes } from "#base/clock.ts";
import type { ClusterEvent } from "../cluster-event.ts";
import { definePlugin, hopeless } from "../plugin.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";

// exact: kube-scheduler, all texts
const tooFew = hopeless("waiting for minCount pods from a gang to appear in scheduling queue");
const forTheRest = "waiting for minCount pods from a gang to be scheduled";
const missing = (name: string) =>
  hopeless(`waiting for pods's pod group ${JSON.stringify(name)} to appear in scheduling queue`);

/** upstream: gangscheduling.go#permitTimeoutDuration */
const timeoutMs = minutes(5);

/**
 * Pods of a gang stay out of the queue until there are enough of them, and none is bound before so many of
 * them have a node. How they are tried together stands in `cycle/group-cycle.ts`. Feature gate GangScheduling.
 * upstream: pkg/scheduler/framework/plugins/gangscheduling/gangscheduling.go
 */
export const gangScheduling = definePlugin({
  name: "GangScheduling",
  reads: [{ kind: PodGroup }],

  preEnqueue(pod, cluster) {
    const { groupKey, groupName } = pod;
    if (groupKey === undefined || groupName === undefined) return undefined;
    const group = cluster.objects.get(PodGroup, pod.namespace, groupName);
    if (!group) return missing(groupName);
    const { gang } = group.spec.schedulingPolicy;
    return gang && cluster.groups.size(groupKey) < gang.minCount ? tooFew : undefined;
  },

  permit({ pod }, cluster) {
    const { groupKey, groupName } = pod;
    if (groupKey === undefined || groupName === undefined) return { is: "allowed" };
    const group = cluster.objects.get(PodGroup, pod.namespace, groupName);
    // exact: kube-scheduler
    if (!group)
      throw new Error(
        `failed to get podGroup ${groupKey}: podgroup.scheduling.k8s.io ${JSON.stringify(groupName)} not found`,
      );
    const { gang } = group.spec.schedulingPolicy;
    if (!gang || cluster.groups.placedCount(groupKey) >= gang.minCount) return { is: "allowed" };
    const decision = cluster.groups.reached(groupKey, gang.minCount);
    return { is: "waiting", timeoutMs, decision, forTheRest };
  },

  events: [
    { on: ["UnscheduledPodAdd", "AssignedPodAdd"], hint: isOfItsGroup },
    { on: ["scheduling.k8s.io/PodGroupAdd"], hint: isItsGroup },
  ],
});

function isOfItsGroup(pod: PodInfo, { pod: other }: ClusterEvent): boolean {
  return pod.groupKey !== undefined && pod.groupKey === other?.new?.groupKey;
}

function isItsGroup({ groupName, namespace }: PodInfo, { object }: ClusterEvent): boolean {
  const { metadata } = object?.new ?? {};
  return groupName === metadata?.name && namespace === metadata?.namespace;
}
