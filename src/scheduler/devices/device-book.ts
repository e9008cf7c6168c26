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
  /** By uid: claims with devices, as they were counted. */
  readonly #counted = new Map<string, ResourceClaim>();
  /** By device: how many claims have it, which is more than one in a moment of change only. */
  readonly #uses = new Map<string, number>();
  #countedVersion = -1;

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
  readonly isInUse = (id: string): boolean => {
    this.#catchUp();
    return this.#uses.has(id);
  };

  isPending({ metadata }: ResourceClaim): boolean {
    return this.#pending.has(metadata.uid ?? "");
  }

  /** The devices are the claim's from now on. */
  promise({ metadata }: ResourceClaim, allocation: AllocationResult): void {
    this.#pending.set(metadata.uid ?? "", allocation);
    this.#count(allocation, 1);
  }

  /** The server has it now. */
  note(claim: ResourceClaim): void {
    const { uid = "" } = claim.metadata;
    this.#written.set(uid, claim);
    this.#recount(uid, claim);
    this.takeBack(claim);
  }

  takeBack({ metadata: { uid = "" } }: ResourceClaim): void {
    const pending = this.#pending.get(uid);
    this.#pending.delete(uid);
    this.#count(pending, -1);
  }

  #newest(told: ResourceClaim): ResourceClaim {
    const { uid = "" } = told.metadata;
    const written = this.#written.get(uid);
    if (!written) return told;
    if (revisionOf(written) > revisionOf(told)) return written;
    this.#written.delete(uid);
    return told;
  }

  /** Only claims that changed are counted anew. */
  #catchUp(): void {
    const version = this.#objects.version(ResourceClaim);
    if (version === this.#countedVersion) return;
    this.#countedVersion = version;
    const present = new Set<string>();
    for (const told of this.#objects.list(ResourceClaim)) {
      const { uid = "" } = told.metadata;
      present.add(uid);
      this.#recount(uid, this.#newest(told));
    }
    for (const uid of this.#counted.keys()) if (!present.has(uid)) this.#recount(uid, undefined);
    for (const uid of this.#written.keys()) if (!present.has(uid)) this.#written.delete(uid);
  }

  #recount(uid: string, claim: ResourceClaim | undefined): void {
    const before = this.#counted.get(uid);
    if (before === claim) return;
    this.#count(claim?.status.allocation, 1);
    this.#count(before?.status.allocation, -1);
    if (claim?.status.allocation) this.#counted.set(uid, claim);
    else this.#counted.delete(uid);
  }

  #count(allocation: AllocationResult | undefined, sign: 1 | -1): void {
    for (const { driver, pool, device, adminAccess } of allocation?.devices?.results ?? []) {
      if (adminAccess) continue;
      const id = `${driver}/${pool}/${device}`;
      const uses = (this.#uses.get(id) ?? 0) + sign;
      if (uses > 0) this.#uses.set(id, uses);
      else this.#uses.delete(id);
    }
  }
}

const revisionOf = ({ metadata }: ResourceClaim): number => Number(metadata.resourceVersion ?? 0);
