import type { Pod } from "#api/core/pod.ts";

/** system-cluster-critical and above. */
const criticalPriority = 2_000_000_000;

/** The cluster does without anything rather than without them. upstream: pkg/kubelet/types/pod_update.go */
export const isCritical = ({ spec }: Pod): boolean => (spec.priority ?? 0) >= criticalPriority;
