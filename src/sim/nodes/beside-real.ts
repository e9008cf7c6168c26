/**
 * Simulated nodes in a cluster that has real ones: nothing lands on them that does not ask for it,
 * and their addresses are from ranges that no network uses.
 */
import { cidrOf, formatCidr, nthSubnet } from "#base/ip.ts";
import type { NodeOptions } from "./machine.ts";

/** Label and taint of all of them. */
export const simulatedKey = "k8ts.io/simulated";

/** For benchmarks of networks (RFC 2544): 131,072 addresses. */
export const besideNodeCidr = "198.18.0.0/15";
/** For carriers (RFC 6598): 16,384 nodes. */
const podCidr = cidrOf("100.64.0.0/10");
const podCidrBits = 24;

export const besideMax = 16_384;

/** The range of the i-th node's pods: nobody has to give it one. */
export const ownPodCidr = (i: number): string => formatCidr(nthSubnet(podCidr, podCidrBits, i));

export const besideReal = (count: number): readonly NodeOptions[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `simulated-${i + 1}`,
    labels: { [simulatedKey]: "true" },
    taints: [{ key: simulatedKey, value: "true", effect: "NoSchedule" }],
    capacity: { cpu: "32", memory: "256Gi" },
    podCidr: ownPodCidr(i),
  }));
