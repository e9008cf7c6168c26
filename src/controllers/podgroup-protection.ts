/**
 * Pod groups that are being deleted stay until none of their pods runs any more.
 * upstream: pkg/controller/scheduling/podgroupprotection
 */
import { isPodTerminal } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { groupKeyOf, PodGroup, protectionFinalizer } from "#api/scheduling/podgroup.ts";
import type { ApiObject } from "#api/kind.ts";
import type { Index } from "#client/cache.ts";
import { defineController, keyOf, type View, watching } from "./runtime/controller.ts";
import { release, waits } from "./storage/protection.ts";
import { andThenAll } from "./storage/survey.ts";

export const podGroupProtectionController = defineController({
  name: "podgroup-protection-controller",
  queue: "podgroupprotection",
  for: PodGroup,
  watches: [watching(Pod, groupOfPod)],
  rules: [
    {
      verbs: ["get", "list", "watch", "update"],
      apiGroups: ["scheduling.k8s.io"],
      resources: ["podgroups"],
    },
    { verbs: ["list", "watch", "get"], apiGroups: [""], resources: ["pods"] },
  ],
  leavesAlone: (group) => !waits(group, protectionFinalizer),

  reconcile(group, view) {
    if (!waits(group, protectionFinalizer)) return [];
    const key = keyOf(group);
    if (view.by(Pod, byGroup, key).length > 0) return [];
    // A pod may have come only just now: what the cache does not show yet counts as well.
    return [
      andThenAll(Pod, group.metadata.namespace ?? "", (pods: readonly ApiObject[]) =>
        pods.some((pod) => activeGroupOf(pod as Pod) === key)
          ? []
          : [release(PodGroup, group, protectionFinalizer)],
      ),
    ];
  },
});

/** The group of a pod that is not finished. */
const activeGroupOf = (pod: Pod): string | undefined =>
  isPodTerminal(pod) ? undefined : groupKeyOf(pod);

const byGroup: Index<Pod> = (pod) => activeGroupOf(pod) ?? [];

/** Only groups that wait for it need to know. */
function* groupOfPod(pod: Pod, _old: Pod | undefined, view: View): Iterable<string> {
  const { namespace } = pod.metadata;
  const name = pod.spec.schedulingGroup?.podGroupName;
  const group = name === undefined ? undefined : view.get(PodGroup, namespace, name);
  if (group && waits(group, protectionFinalizer)) yield keyOf(group);
}
