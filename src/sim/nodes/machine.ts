/** What a simulated node says it is. */
import type { Taint } from "#api/core/node.ts";
import { bytesOf, cpuMilli } from "#base/quantity.ts";
import { parseKubelet } from "#kubelet/configuration.ts";
import { defaultEviction, type EvictionSettings } from "#kubelet/eviction/thresholds.ts";
import type { ImageCollection } from "#kubelet/images/image-collector.ts";
import type { MachineFacts } from "#kubelet/ports.ts";

export interface NodeOptions {
  readonly name?: string;
  /** As quantities: 8 CPUs, 32Gi of memory, 100Gi of disk, 110 pods and 32,768 processes unless said. */
  readonly capacity?: {
    readonly cpu?: string;
    readonly memory?: string;
    readonly disk?: string;
    readonly pods?: number;
    readonly processes?: number;
  };
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** Of its pods' addresses; absent: the cluster gives it a range. Light kubelets only. */
  readonly podCidr?: string;
  /** Becomes the label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** Becomes the label topology.kubernetes.io/region. */
  readonly region?: string;
  /** A KubeletConfiguration, as text: when pods have to go, how many there may be, how long its lease lasts. */
  readonly kubeletConfig?: string;
}

export interface Place {
  readonly name: string;
  readonly address: string;
}

/** What its kubelet is told. */
export interface KubeletSettings {
  readonly podsMax: number;
  readonly eviction: EvictionSettings;
  readonly imageCollection?: ImageCollection;
  readonly leaseSeconds?: number;
}

/** Throws ConfigurationError. */
export function kubeletSettingsOf({ capacity, kubeletConfig }: NodeOptions): KubeletSettings {
  const told =
    kubeletConfig === undefined ? { eviction: defaultEviction } : parseKubelet(kubeletConfig);
  return {
    podsMax: 110,
    ...told,
    ...(capacity?.pods === undefined ? {} : { podsMax: capacity.pods }),
  };
}

export const memoryBytesOf = ({ capacity }: NodeOptions): number =>
  bytesOf(capacity?.memory ?? "32Gi");

/** So many processes and threads there can be. */
export const processesMaxOf = ({ capacity }: NodeOptions): number => capacity?.processes ?? 32_768;

export const diskBytesOf = ({ capacity }: NodeOptions): number =>
  bytesOf(capacity?.disk ?? "100Gi");

export const nodeLabels = ({ labels, zone, region }: NodeOptions): Record<string, string> => ({
  ...(zone === undefined ? {} : { "topology.kubernetes.io/zone": zone }),
  ...(region === undefined ? {} : { "topology.kubernetes.io/region": region }),
  ...labels,
});

export function factsOf(
  { name, address }: Place,
  options: NodeOptions,
  boots: number,
): MachineFacts {
  return {
    hostname: name,
    addresses: [address],
    cpus: cpuMilli(options.capacity?.cpu ?? "8") / 1_000,
    memoryBytes: memoryBytesOf(options),
    machineId: name,
    systemUuid: name,
    bootId: `${name}-${boots}`,
    kernelVersion: "6.1.0",
    osImage: "k8ts simulated node",
    architecture: "amd64",
  };
}
