/** What a simulated node says it is. */
import type { Taint } from "#api/core/node.ts";
import { bytesOf, cpuMilli } from "#base/quantity.ts";
import type { MachineFacts } from "#kubelet/ports.ts";

export interface NodeOptions {
  readonly name?: string;
  /** As quantities: 8 CPUs, 32Gi of memory, 100Gi of disk and 110 pods unless said. */
  readonly capacity?: {
    readonly cpu?: string;
    readonly memory?: string;
    readonly disk?: string;
    readonly pods?: number;
  };
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** Of its pods' addresses; absent: the cluster gives it a range. Light kubelets only. */
  readonly podCidr?: string;
  /** Becomes the label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** Becomes the label topology.kubernetes.io/region. */
  readonly region?: string;
}

export interface Place {
  readonly name: string;
  readonly address: string;
}

export const podsMaxOf = ({ capacity }: NodeOptions): number => capacity?.pods ?? 110;

export const diskBytesOf = ({ capacity }: NodeOptions): number =>
  bytesOf(capacity?.disk ?? "100Gi");

export const nodeLabels = ({ labels, zone, region }: NodeOptions): Record<string, string> => ({
  ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone }),
  ...(region === undefined ? {} : { "topology.kubernetes.io/region": region }),
  ...labels,
});

export function factsOf(
  { name, address }: Place,
  { capacity = {} }: NodeOptions,
  boots: number,
): MachineFacts {
  const { cpu = "8", memory = "32Gi" } = capacity;
  return {
    hostname: name,
    addresses: [address],
    cpus: cpuMilli(cpu) / 1_000,
    memoryBytes: bytesOf(memory),
    machineId: name,
    systemUuid: name,
    bootId: `${name}-${boots}`,
    kernelVersion: "6.1.0",
    osImage: "k8ts simulated node",
    architecture: "amd64",
  };
}
