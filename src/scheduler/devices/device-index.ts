/**
 * All devices that drivers published, by pool and by node. A pool may take several slices; those of
 * an older generation are on their way out, and a pool of which some are missing is not used.
 * upstream: staging/src/k8s.io/dynamic-resource-allocation/structured/internal/stable/pools_stable.go
 */
import type { Node } from "#api/core/node.ts";
import { matchesNodeSelector } from "#api/core/node-affinity.ts";
import type { NodeSelector } from "#api/core/node-selector.ts";
import type { Device, ResourceSlice } from "#api/resource/resourceslice.ts";
import { DeviceTraits } from "./device-selector.ts";

export interface Pool {
  /** `driver/pool`. */
  readonly id: string;
  readonly driver: string;
  readonly name: string;
  /** Of the newest generation, with all nodes' devices. */
  readonly slices: readonly ResourceSlice[];
  /** Some of its slices are not there yet. */
  readonly isIncomplete: boolean;
  /** Two devices of one name. */
  readonly isInvalid: boolean;
}

/** A device with where it was found. */
export interface KnownDevice {
  /** `driver/pool/device`. */
  readonly id: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
  readonly pool: Pool;
  readonly traits: DeviceTraits;
}

interface Reachable {
  readonly devices: readonly KnownDevice[];
  readonly slice: ResourceSlice;
}

export class DeviceIndex {
  readonly pools: readonly Pool[];
  /** Of slices that name their node. */
  readonly #byNode = new Map<string, Reachable[]>();
  /** Of all others: they have to be asked. */
  readonly #elsewhere: Reachable[] = [];
  readonly #found = new WeakMap<Node, readonly KnownDevice[]>();

  constructor(slices: readonly ResourceSlice[]) {
    this.pools = poolsOf(slices);
    for (const pool of this.pools) {
      for (const slice of pool.slices) {
        const reachable = { slice, devices: devicesOf(slice, pool) };
        const { nodeName } = slice.spec;
        if (nodeName) this.#onNode(nodeName).push(reachable);
        else this.#elsewhere.push(reachable);
      }
    }
  }

  /** What the node can reach, always in the same order, broken pools included. */
  on(node: Node): readonly KnownDevice[] {
    const found = this.#found.get(node) ?? this.#find(node);
    this.#found.set(node, found);
    return found;
  }

  #find(node: Node): readonly KnownDevice[] {
    const own = this.#byNode.get(node.metadata.name ?? "") ?? [];
    const others = this.#elsewhere.flatMap(({ slice, devices }) =>
      devicesFor(node, slice, devices),
    );
    return [...own.flatMap(({ devices }) => devices), ...others];
  }

  #onNode(name: string): Reachable[] {
    const known = this.#byNode.get(name) ?? [];
    this.#byNode.set(name, known);
    return known;
  }
}

interface Selecting {
  readonly nodeName?: string | undefined;
  readonly allNodes?: boolean | undefined;
  readonly nodeSelector?: NodeSelector | undefined;
}

export function selectsNode({ nodeName, allNodes, nodeSelector }: Selecting, node: Node): boolean {
  if (nodeName) return node.metadata.name === nodeName;
  return allNodes === true || (nodeSelector ? matchesNodeSelector(nodeSelector, node) : false);
}

function devicesFor(
  node: Node,
  { spec }: ResourceSlice,
  devices: readonly KnownDevice[],
): readonly KnownDevice[] {
  if (spec.perDeviceNodeSelection) return devices.filter(({ device }) => selectsNode(device, node));
  return selectsNode(spec, node) ? devices : [];
}

/** Slices stay the same objects for as long as nobody writes them. */
const traitsOf = new WeakMap<Device, DeviceTraits>();

const devicesOf = (slice: ResourceSlice, pool: Pool): readonly KnownDevice[] =>
  (slice.spec.devices ?? []).map((device) => {
    const traits = traitsOf.get(device) ?? new DeviceTraits(pool.driver, device);
    traitsOf.set(device, traits);
    return { id: `${pool.id}/${device.name}`, device, slice, pool, traits };
  });

function poolsOf(slices: readonly ResourceSlice[]): readonly Pool[] {
  const newest = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec;
    const id = `${driver}/${pool.name}`;
    const known = newest.get(id);
    const generation = known?.[0]?.spec.pool.generation ?? -Infinity;
    if (pool.generation > generation) newest.set(id, [slice]);
    else if (pool.generation === generation) known?.push(slice);
  }
  return [...newest]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, members]) => poolOf(id, members.toSorted(byName)));
}

const byName = (a: ResourceSlice, b: ResourceSlice): number =>
  (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;

function poolOf(id: string, slices: readonly ResourceSlice[]): Pool {
  const [first] = slices;
  const names = slices.flatMap(({ spec }) => (spec.devices ?? []).map(({ name }) => name));
  return {
    id,
    driver: first?.spec.driver ?? "",
    name: first?.spec.pool.name ?? "",
    slices,
    isIncomplete: slices.length !== first?.spec.pool.resourceSliceCount,
    isInvalid: new Set(names).size < names.length,
  };
}
