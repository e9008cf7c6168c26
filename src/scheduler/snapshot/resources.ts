/**
 * Resources as numbers: each has a number of its own and one column of amounts for all nodes.
 * Whether a pod fits is then a comparison per resource it asks for.
 */
import { amountsOf, countOf } from "#api/core/resources.ts";
import { capacityFor, grownFloats, grownInts } from "./grow.ts";
import type { Requests } from "./requests.ts";

export const cpu = 0;
export const memory = 1;
export const ephemeralStorage = 2;
/** How many pods a node takes. */
const pods = 3;

const firstNames = ["cpu", "memory", "ephemeral-storage", "pods"] as const;

/** Gives each resource a number. */
export class ResourceNames {
  readonly #ids = new Map<string, number>(firstNames.map((name, id) => [name, id]));
  readonly #names: string[] = [...firstNames];

  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#names.push(name) - 1;
    this.#ids.set(name, id);
    return id;
  }

  nameOf(id: number): string {
    return this.#names[id] ?? "";
  }
}

interface Column {
  allocatable: Float64Array;
  requested: Float64Array;
}

type Allocatable = { readonly [name: string]: string };

/** What every node has, and what the pods on it ask for. Processors count in thousandths. */
export class ResourceTable {
  readonly names: ResourceNames;
  readonly #columns: Column[] = [];
  #capacity = 0;
  /** Pods on each node. */
  podCounts = new Int32Array(0);
  /** As `requested`, where a container that asks for nothing counts as a small one. */
  scoredCpu = new Float64Array(0);
  scoredMemory = new Float64Array(0);

  constructor(names: ResourceNames) {
    this.names = names;
  }

  allocatable(id: number): Float64Array {
    return this.#column(id).allocatable;
  }

  requested(id: number): Float64Array {
    return this.#column(id).requested;
  }

  /** Negative where more is used than there is. */
  free(id: number, node: number): number {
    const { allocatable, requested } = this.#column(id);
    return (allocatable[node] ?? 0) - (requested[node] ?? 0);
  }

  podsMax(node: number): number {
    return this.allocatable(pods)[node] ?? 0;
  }

  /** Makes room for the node. */
  reserve(node: number): void {
    if (node < this.#capacity) return;
    this.#capacity = capacityFor(node, this.#capacity);
    for (const column of this.#columns) {
      column.allocatable = grownFloats(column.allocatable, this.#capacity);
      column.requested = grownFloats(column.requested, this.#capacity);
    }
    this.podCounts = grownInts(this.podCounts, this.#capacity);
    this.scoredCpu = grownFloats(this.scoredCpu, this.#capacity);
    this.scoredMemory = grownFloats(this.scoredMemory, this.#capacity);
  }

  setAllocatable(node: number, list: Allocatable | undefined): void {
    for (const column of this.#columns) column.allocatable[node] = 0;
    for (const [name, quantity] of amountsOf(list)) {
      this.allocatable(this.names.idOf(name))[node] = countOf(name, quantity);
    }
  }

  /** Counts a pod in (1) or out (-1). */
  count(node: number, requests: Requests, sign: 1 | -1): void {
    for (let i = 0; i < requests.ids.length; i++) {
      const { requested } = this.#column(requests.ids[i] ?? 0);
      requested[node] = (requested[node] ?? 0) + sign * (requests.amounts[i] ?? 0);
    }
    this.podCounts[node] = (this.podCounts[node] ?? 0) + sign;
    this.scoredCpu[node] = (this.scoredCpu[node] ?? 0) + sign * requests.scoredCpuMilli;
    this.scoredMemory[node] = (this.scoredMemory[node] ?? 0) + sign * requests.scoredMemoryBytes;
  }

  #column(id: number): Column {
    for (let next = this.#columns.length; next <= id; next++) {
      const allocatable = new Float64Array(this.#capacity);
      this.#columns.push({ allocatable, requested: new Float64Array(this.#capacity) });
    }
    return this.#columns[id] as Column;
  }
}
