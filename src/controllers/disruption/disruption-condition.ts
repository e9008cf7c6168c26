/** What a pod is told that has to go because of something around it. */
import { withPodCondition } from "#api/core/pod-conditions.ts";
import type { PodCondition } from "#api/core/pod-status.ts";
import { Pod } from "#api/core/pod.ts";
import { formatTime } from "#base/clock.ts";
import type { View } from "../runtime/controller.ts";
import { type Effect, patchStatus, remove } from "../runtime/effects.ts";

export interface Disruption {
  readonly reason: string;
  readonly message: string;
}

export const disruptionCondition = (
  { metadata }: Pod,
  { reason, message }: Disruption,
  { now }: View,
): PodCondition => ({
  type: "DisruptionTarget",
  status: "True",
  observedGeneration: metadata.generation,
  reason,
  message,
  lastProbeTime: null,
  lastTransitionTime: formatTime(now),
});

/** Says so first, and then deletes it. */
export const removeDisrupted = (
  pod: Pod,
  disruption: Disruption,
  view: View,
): readonly Effect[] => {
  const condition = disruptionCondition(pod, disruption, view);
  const { conditions } = withPodCondition(pod.status, condition);
  return [patchStatus(Pod, pod, { conditions }), remove(Pod, pod)];
};
