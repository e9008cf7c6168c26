import type { GroupPlacement } from "#api/core/pod-placement.ts";
import { PodGroup } from "#api/scheduling/podgroup.ts";
import type { Lane } from "../cycle/course.ts";
import { gangScheduling } from "../plugins/gang-scheduling.ts";
import type { PodInfo } from "../snapshot/pod-info.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

/** Undefined when the pod does not need others to get a node. */
export function groupPlacement(
  { groupKey, groupName, namespace }: PodInfo,
  { framework }: Lane,
  snapshot: Snapshot,
): GroupPlacement | undefined {
  const isAsked = framework.preEnqueue.some(({ name }) => name === gangScheduling.name);
  if (!isAsked || groupKey === undefined || groupName === undefined) return undefined;
  const { groups } = snapshot;
  const pods = { pods: groups.size(groupKey), scheduled: groups.placedCount(groupKey) };
  const group = snapshot.objects.get(PodGroup, namespace, groupName);
  if (!group) return { name: groupName, ...pods };
  const { gang } = group.spec.schedulingPolicy;
  if (!gang) return undefined;
  const lastTrial = groups.lastTrial(groupKey);
  const { minCount } = gang;
  return { name: groupName, minCount, ...pods, ...(lastTrial ? { lastTrial } : {}) };
}

/** Nodes that would do for one pod do not help while there is no room for the others. */
export const isShort = ({ minCount = 0, scheduled = 0 }: Partial<GroupPlacement> = {}): boolean =>
  scheduled < minCount;
