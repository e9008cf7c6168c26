/** upstream: pkg/controller/daemon/daemon_controller.go#updateDaemonSetStatus */
import type { DaemonSetStatus } from "#api/apps/daemonset.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import { type Fleet, isAvailable, isCurrent } from "./fleet.ts";

/** Of several pods on a node the oldest one counts. */
export function statusOf(fleet: Fleet): DaemonSetStatus {
  const { set, posts } = fleet;
  const wanted = posts.filter(({ verdict }) => verdict.shouldRun);
  const pods = wanted.flatMap(({ pods: [oldest] }) => oldest ?? []);
  const count = (counts: (pod: Pod) => boolean): number => pods.filter(counts).length;
  const numberAvailable = count((pod) => isAvailable(pod, fleet));
  return {
    ...set.status,
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: pods.length,
    numberMisscheduled: posts.filter(
      ({ verdict, pods: there }) => !verdict.shouldRun && there.length > 0,
    ).length,
    numberReady: count(isPodReady),
    updatedNumberScheduled: count((pod) => isCurrent(pod, fleet)),
    numberAvailable,
    numberUnavailable: wanted.length - numberAvailable,
    observedGeneration: set.metadata.generation,
  };
}
