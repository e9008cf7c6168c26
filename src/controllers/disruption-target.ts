/**
 * Takes back what a pod says about its own disruption when nobody went on with it: the deletion
 * that was announced did not come.
 * upstream: pkg/controller/disruption/disruption.go#syncStalePodDisruption
 */
import {
  conditionOf,
  isPodTerminal,
  isPodTerminating,
  withPodCondition,
} from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { formatTime, minutes } from "#base/clock.ts";
import { disruptionRules } from "./disruption/rules.ts";
import { defineController } from "./runtime/controller.ts";
import { setStatus, wakeIn } from "./runtime/effects.ts";

const staleAfterMs = minutes(2);

export const disruptionTargetController = defineController({
  name: "disruption-target-controller",
  identity: "disruption-controller",
  eventSource: "controllermanager",
  queue: "stale_pod_disruption",
  for: Pod,
  rules: disruptionRules,
  leavesAlone: (pod) => !isAnnounced(pod),

  reconcile(pod, { now }) {
    if (!isAnnounced(pod)) return [];
    const since = Date.parse(conditionOf(pod, "DisruptionTarget")?.lastTransitionTime ?? "") || 0;
    if (since + staleAfterMs > now) return [wakeIn(since + staleAfterMs - now)];
    const condition = {
      type: "DisruptionTarget",
      status: "False" as const,
      lastProbeTime: null,
      lastTransitionTime: formatTime(now),
    };
    return [setStatus(Pod, pod, withPodCondition(pod.status, condition))];
  },
});

/** A kubelet that shuts down may take its time. */
function isAnnounced(pod: Pod): boolean {
  const target = conditionOf(pod, "DisruptionTarget");
  const isByKubelet = target?.reason === "TerminationByKubelet";
  return target?.status === "True" && !isByKubelet && !isPodTerminating(pod) && !isPodTerminal(pod);
}
