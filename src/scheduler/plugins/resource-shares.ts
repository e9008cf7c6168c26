/**
 * How full a node would be with the pod on it, resource by resource: what the scores of resources
 * are made of. upstream: pkg/scheduler/framework/plugins/noderesources/resource_allocation.go
 */
import type { PodInfo } from "../snapshot/pod-info.ts";
import { requestOf } from "../snapshot/requests.ts";
import { cpu, ephemeralStorage, memory, type ResourceTable } from "../snapshot/resources.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";

export interface WeightedResource {
  readonly name: string;
  /** 1 to 100. */
  readonly weight: number;
}

export const cpuAndMemory: readonly WeightedResource[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

/** What one resource of a node comes to. */
export interface Share {
  readonly weight: number;
  readonly allocatable: (node: number) => number;
  /** By all pods, with the new one. */
  readonly requested: (node: number) => number;
  /** By the new pod alone. */
  readonly ofPod: number;
}

interface Options {
  readonly resources: readonly WeightedResource[];
  /** Containers that ask for nothing count as nothing, not as small ones. */
  readonly isExact: boolean;
}

export const sharesOf = (
  { requests }: PodInfo,
  { resources: table }: Snapshot,
  { resources, isExact }: Options,
): readonly Share[] =>
  resources.flatMap(({ name, weight }) => {
    const id = table.names.idOf(name);
    const scored = isExact ? undefined : scoredColumn(table, id);
    const ofPod = scored ? scored.ofPod(requests) : requestOf(requests, id);
    // An extended resource only matters to those who ask for it.
    if (ofPod === 0 && id > ephemeralStorage) return [];
    const column = scored?.column ?? ((): Float64Array => table.requested(id));
    return {
      weight,
      ofPod,
      allocatable: (node: number): number => table.allocatable(id)[node] ?? 0,
      requested: (node: number): number => (column()[node] ?? 0) + ofPod,
    };
  });

function scoredColumn(table: ResourceTable, id: number) {
  switch (id) {
    case cpu:
      return {
        column: (): Float64Array => table.scoredCpu,
        ofPod: ({ scoredCpuMilli }: PodInfo["requests"]): number => scoredCpuMilli,
      };
    case memory:
      return {
        column: (): Float64Array => table.scoredMemory,
        ofPod: ({ scoredMemoryBytes }: PodInfo["requests"]): number => scoredMemoryBytes,
      };
    default:
      return undefined;
  }
}
