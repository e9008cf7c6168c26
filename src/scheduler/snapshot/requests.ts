/**
 * What a pod asks for, as numbers. The scheduler counts it twice: as it is, for what fits, and with
 * a small amount for every container that says nothing, so that scores do not take nodes full of
 * such pods for empty ones.
 * upstream: pkg/scheduler/framework/types.go#calculateResource
 */
import type { Container } from "#api/core/container.ts";
import {
  type Amounts,
  countOf,
  cpuAndMemoryOf,
  podRequests,
  type PodResources,
} from "#api/core/resources.ts";
import type { ResourceNames } from "./resources.ts";

export interface Requests {
  /** The numbers of the resources, with the amounts beside them; what is zero is left out. */
  readonly ids: readonly number[];
  readonly amounts: readonly number[];
  readonly scoredCpuMilli: number;
  readonly scoredMemoryBytes: number;
}

/** For a container that does not say; upstream: pkg/scheduler/util/pod_resources.go */
const presumed = { cpu: "100m", memory: "200Mi" } as const;

export function requestsOf(pod: PodResources, names: ResourceNames): Requests {
  const usesStatus = isResized(pod);
  const asked = podRequests(pod, { usesStatus });
  const scored = cpuAndMemoryOf(podRequests(withPresumed(pod, asked), { usesStatus }));
  const counted = [...asked]
    .map(([name, quantity]) => ({ id: names.idOf(name), amount: countOf(name, quantity) }))
    .filter(({ amount }) => amount !== 0)
    .sort((a, b) => a.id - b.id);
  return {
    ids: counted.map(({ id }) => id),
    amounts: counted.map(({ amount }) => amount),
    scoredCpuMilli: scored.cpuMilli,
    scoredMemoryBytes: scored.memoryBytes,
  };
}

/** The amount asked of one resource. */
export function requestOf(requests: Requests, id: number): number {
  const at = requests.ids.indexOf(id);
  return at < 0 ? 0 : (requests.amounts[at] ?? 0);
}

/** Its kubelet told what it gave the containers, which may be more than what they ask for now. */
export const isResized = ({ status }: PodResources): boolean =>
  [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].some(
    ({ allocatedResources, resources }) => allocatedResources ?? resources,
  );

function withPresumed(pod: PodResources, asked: Amounts): PodResources {
  const isSaidOfPod = Object.keys(pod.spec.resources?.requests ?? {}).length > 0;
  const missing = Object.fromEntries(
    Object.entries(presumed).filter(([name]) => !isSaidOfPod || !asked.has(name)),
  );
  const fill = (container: Container): Container => {
    const { resources } = container;
    return {
      ...container,
      resources: { ...resources, requests: { ...missing, ...resources.requests } },
    };
  };
  const { containers, initContainers = [] } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: containers.map(fill),
    initContainers: initContainers.map(fill),
  };
  return { ...pod, spec };
}
