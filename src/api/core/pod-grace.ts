/** How long a pod may take to stop. upstream: pkg/registry/core/pod/strategy.go#CheckGracefulDelete */
import { isPodTerminal } from "./pod-conditions.ts";
import type { PodParts } from "./pod-parts.ts";

/** None where nothing runs: on no node yet, or to its end already. */
export function podGraceSeconds(pod: PodParts, asked: number | undefined): number {
  if (!pod.spec.nodeName || isPodTerminal(pod)) return 0;
  const seconds = asked ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}
