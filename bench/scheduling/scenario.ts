/**
 * What a scheduling benchmark consists of: nodes, pods that are there before, pods that are timed.
 * The scenarios are those of upstream's own benchmark, as objects of this API.
 * upstream: test/integration/scheduler_perf
 */

export interface Scenario {
  readonly name: string;
  readonly nodeCount: number;
  /** Placed or waiting before the clock starts; with `nodeName` they cost the scheduler nothing. */
  readonly before?: Crowd;
  readonly timed: Crowd;
  /** Other objects that the pods need. */
  readonly namespaces?: readonly string[];
  readonly priorityClasses?: readonly object[];
  /** Pods per second. */
  readonly least?: number;
}

export interface Crowd {
  readonly count: number;
  readonly pod: (i: number) => object;
}

const namespace = "bench";
export const nodeName = (i: number): string => `node-${String(i).padStart(5, "0")}`;

export const nodeManifest = (i: number): object => ({
  metadata: {
    name: nodeName(i),
    labels: {
      "kubernetes.io/hostname": nodeName(i),
      "kubernetes.io/os": "linux",
      "topology.kubernetes.io/region": "moon",
      "topology.kubernetes.io/zone": `moon-${(i % 3) + 1}`,
    },
  },
  spec: { podCIDR: `10.${i >> 8}.${i & 255}.0/24`, podCIDRs: [`10.${i >> 8}.${i & 255}.0/24`] },
});

/** How upstream's benchmark makes its nodes. */
export const nodeResources = { cpu: "4", memory: "32Gi", pods: "110" } as const;

export interface PodOptions {
  readonly labels?: object;
  readonly spec?: object;
  readonly requests?: object;
}

const usual = { cpu: "100m", memory: "500Mi" };

export const podManifest = (
  name: string,
  { labels = {}, spec, requests = usual }: PodOptions = {},
): object => ({
  metadata: { name, namespace, labels },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: "pause", image: "registry.k8s.io/pause:3.10.1", resources: { requests } }],
    ...spec,
  },
});
