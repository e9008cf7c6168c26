/**
 * What pods request of a resource: what utilization is measured against.
 * upstream: pkg/controller/podautoscaler/replica_calculator.go#calculateRequests
 */
import type { Pod } from "#api/core/pod.ts";
import { quantityOf } from "#base/quantity.ts";
import { Unmeasurable } from "./calculator.ts";

/** In thousandths, by pod; of one container when it is named. */
export const requestsOf = (
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): ReadonlyMap<string, number> =>
  new Map(pods.map((pod) => [pod.metadata.name ?? "", requestOf(pod, resource, container)]));

function requestOf(pod: Pod, resource: string, container: string | undefined): number {
  const ofPod = pod.spec.resources?.requests;
  if (container === undefined && ofPod && Object.keys(ofPod).length > 0) {
    const amount = ofPod[resource];
    if (amount !== undefined) return quantityOf(amount).milliValue();
    throw missing(`pod-level request for ${resource} in Pod ${pod.metadata.name}`);
  }
  const wanted = lastingContainers(pod).filter(
    ({ name }) => container === undefined || name === container,
  );
  if (container !== undefined && wanted.length === 0) {
    throw new Unmeasurable(`container ${container} not found in Pod ${pod.metadata.name}`);
  }
  return wanted.reduce((sum, { name, resources }) => {
    const amount = resources?.requests?.[resource];
    if (amount !== undefined) return sum + quantityOf(amount).milliValue();
    throw missing(`request for ${resource} in container ${name} of Pod ${pod.metadata.name}`);
  }, 0);
}

const missing = (what: string): Unmeasurable => new Unmeasurable(`missing ${what}`);

/** Those that run as long as the pod does. */
const lastingContainers = ({ spec }: Pod) => [
  ...spec.containers,
  ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
];
