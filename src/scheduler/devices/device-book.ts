/**
 * Which devices there are, and who has them: as the API tells, and as this scheduler has decided
 * but not told yet. Every scheduler has its own, for as long as it runs.
 */
import { DeviceClass } from "#api/resource/deviceclass.ts";
import { type AllocationResult, ResourceClaim } from "#api/resource/resourceclaim.ts";
import { ResourceSlice } from "#api/resource/resourceslice.ts";
import type { Objects } from "../snapshot/objects.ts";
import { DeviceIndex } from "./device-index.ts";
import type { FindClass } from "./wanted-devices.ts";

interface At<T> {
  readonly version: number;
  readonly value: T;
}

export class DeviceBook {
  readonly #objects: Objects;
  /** By uid of the claim: decided upon, on the way to the server. */
  readonly #pending = new Map<string, AllocationResult>();
  /** By uid: as the server answered, until the informer knows as much. */
  readonly #written = new Map<string, ResourceClaim>();
  #index: At<DeviceIndex> | undefined;
  #inUse: At<ReadonlySet<string>> | undefined;

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  /** The newest state that we know of. */
  readonly findClaim = (namespace: string, name: string): ResourceClaim | undefined => {
    const told = this.#objects.get(ResourceClaim, namespace, name);
    return told && this.#newest(told);
  };

  readonly findClass: FindClass = (name) => this.#objects.get(DeviceClass, undefined, name);

  get index(): DeviceIndex {
    const version = this.#objects.version(ResourceSlice);
    if (this.#index?.version !== version)
      this.#index = { version, value: new DeviceIndex(this.#objects.list(ResourceSlice)) };
    return this.#index.value;
  }

  /** Somebody has the device; whoever only looks on does not count. */
  readonly isInUse = (id: string): boolean => this.#devicesInUse().has(id);

  isPending({ metadata }: ResourceClaim): boolean {
    return this.#pending.has(metadata.uid ?? "");
  }

  /** The devices are the claim's from now on. */
  promise({ metadata }: ResourceClaim, allocation: AllocationResult): void {
    this.#pending.set(metadata.uid ?? "", allocation);
    this.#inUse = undefined;
  }

  /** The server has it now. */
  note(claim: ResourceClaim): void {
    const { uid = "" } = claim.metadata;
    this.#written.set(uid, claim);
    this.#pending.delete(uid);
    this.#inUse = undefined;
  }

  takeBack({ metadata }: ResourceClaim): void {
    if (this.#pending.delete(metadata.uid ?? "")) this.#inUse = undefined;
  }

  #newest(told: ResourceClaim): ResourceClaim {
    const { uid = "" } = told.metadata;
    const written = this.#written.get(uid);
    if (!written) return told;
    if (revisionOf(written) > revisionOf(told)) return written;
    this.#written.delete(uid);
    return told;
  }

  #devicesInUse(): ReadonlySet<string> {
    const version = this.#objects.version(ResourceClaim);
    if (this.#inUse?.version !== version) this.#inUse = { version, value: this.#countUses() };
    return this.#inUse.value;
  }

  #countUses(): ReadonlySet<string> {
    const ids = new Set<string>();
    const present = new Set<string>();
    for (const told of this.#objects.list(ResourceClaim)) {
      present.add(told.metadata.uid ?? "");
      const { allocation } = this.#newest(told).status;
      if (allocation) addDevices(ids, allocation);
    }
    for (const uid of this.#written.keys()) if (!present.has(uid)) this.#written.delete(uid);
    for (const allocation of this.#pending.values()) addDevices(ids, allocation);
    return ids;
  }
}

const revisionOf = ({ metadata }: ResourceClaim): number => Number(metadata.resourceVersion ?? 0);

function addDevices(ids: Set<string>, { devices }: AllocationResult): void {
  for (const { driver, pool, device, adminAccess } of devices?.results ?? [])
    if (!adminAccess) ids.add(`${driver}/${pool}/${device}`);
}
