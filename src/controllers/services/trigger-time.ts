/**
 * When the change came about that endpoints follow: proxies measure by it how long that took. Told
 * by what the endpoints say so far, so that it need not be kept in mind.
 * upstream: staging/src/k8s.io/endpointslice/trigger_time_tracker.go
 */
import { conditionOf } from "#api/core/pod-conditions.ts";
import type { Pod } from "#api/core/pod.ts";
import type { Service } from "#api/core/service.ts";

// exact: core/v1
const annotation = "endpoints.kubernetes.io/last-change-trigger-time";

export interface Followed {
  readonly service: Service;
  /** Those that have endpoints. */
  readonly pods: readonly Pod[];
  readonly isReady: (pod: Pod) => boolean;
  /** By uid, whether the pods listed so far are ready there. Absent: nothing is written yet. */
  readonly listed: ReadonlyMap<string, boolean> | undefined;
}

/** The first of the changes; undefined when no pod came or became ready or unready. */
export function triggerTime({ service, pods, isReady, listed }: Followed): string | undefined {
  if (!listed) return service.metadata.creationTimestamp;
  return pods
    .filter((pod) => listed.get(pod.metadata.uid ?? "") !== isReady(pod))
    .flatMap((pod) => conditionOf(pod, "Ready")?.lastTransitionTime ?? [])
    .toSorted()[0];
}

type Annotations = Readonly<Record<string, string>> | undefined;

/** An older time is not of this change. */
export function withTrigger(annotations: Annotations, time: string | undefined): Annotations {
  const others = withoutTrigger(annotations);
  if (time !== undefined) return { ...others, [annotation]: time };
  return Object.keys(others).length > 0 ? others : undefined;
}

export function withoutTrigger(annotations: Annotations): NonNullable<Annotations> {
  const { [annotation]: _time, ...others } = annotations ?? {};
  return others;
}
