import type { Pod } from "#api/core/pod.ts";
import { systemCriticalPriority } from "#api/scheduling/priorityclass.ts";

/** The cluster does without anything rather than without them. upstream: pkg/kubelet/types/pod_update.go */
export const isCritical = ({ spec }: Pod): boolean =>
  (spec.priority ?? 0) >= systemCriticalPriority;
