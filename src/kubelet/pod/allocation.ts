/**
 * What the node has given a pod: processors and memory of every container that can be resized.
 * While a resize is under way it is not what the pod's spec says.
 */
import type { Container, ResourceRequirements } from "#api/core/container.ts";
import type { Pod } from "#api/core/pod.ts";
import type { ResourceList } from "#api/core/resource-amounts.ts";
import { quantityOf } from "#base/quantity.ts";

export interface Allocation {
  /** Of the pod as a whole, where it says something. */
  readonly pod?: ResourceRequirements;
  /** By name. */
  readonly containers: { readonly [name: string]: ResourceRequirements };
}

/** Also those that have yet to run once: they find what the pod asks for by then. */
export const resizableContainers = ({ spec }: Pod): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
];

/** What the pod asks for. */
export const allocationOf = (pod: Pod): Allocation => ({
  ...(pod.spec.resources ? { pod: pod.spec.resources } : {}),
  containers: Object.fromEntries(
    resizableContainers(pod).map(({ name, resources }) => [name, resources]),
  ),
});

/** The pod as if it asked for what it was given. */
export function withAllocation(pod: Pod, allocation: Allocation | undefined): Pod {
  if (!allocation) return pod;
  const given = (container: Container): Container => ({
    ...container,
    resources: allocation.containers[container.name] ?? container.resources,
  });
  const { containers, initContainers, resources } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: containers.map(given),
    initContainers: initContainers?.map(given),
    resources: resources && (allocation.pod ?? resources),
  };
  return { ...pod, spec };
}

/** The pod asks for exactly that. */
export const isAllocated = (pod: Pod, { pod: whole, containers }: Allocation): boolean =>
  differences(pod.spec.resources, whole).length === 0 &&
  resizableContainers(pod).every(
    ({ name, resources }) => differences(resources, containers[name]).length === 0,
  );

type Resource = "cpu" | "memory";

/** Which of the two is not the same. */
export function differences(
  a: ResourceRequirements | undefined,
  b: ResourceRequirements | undefined,
): readonly Resource[] {
  if (a === b) return [];
  return (["cpu", "memory"] as const).filter(
    (name) => !isEqual(a?.requests, b?.requests, name) || !isEqual(a?.limits, b?.limits, name),
  );
}

function isEqual(
  a: ResourceList | undefined,
  b: ResourceList | undefined,
  name: Resource,
): boolean {
  const [left, right] = [a?.[name], b?.[name]];
  if (left === right) return true;
  return left !== undefined && right !== undefined && quantityOf(left).equals(quantityOf(right));
}
