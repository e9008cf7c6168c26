/** What a claim asks for, request by request, as the allocator goes about it. */
import type { DeviceClass } from "#api/resource/deviceclass.ts";
import type {
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ExactDeviceRequest,
} from "#api/resource/device.ts";
import { toleratesDeviceTaint } from "#api/resource/device-taints.ts";
import type { ResourceClaim } from "#api/resource/resourceclaim.ts";
import type { DeviceTaint } from "#api/resource/resourceslice.ts";
import { quantityOf } from "#base/quantity.ts";
import type { KnownDevice } from "./device-index.ts";
import { SelectorError } from "./device-selector.ts";

/** A request, or one of its alternatives. */
export interface Wanted {
  /** `request`, or `request/alternative`. */
  readonly name: string;
  /** Of the request, without the alternative. */
  readonly request: string;
  readonly claim: ResourceClaim;
  readonly deviceClass: DeviceClass;
  readonly selectors: readonly DeviceSelector[];
  /** Every device that will do. */
  readonly wantsAll: boolean;
  readonly count: number;
  /** Looks on, and leaves the device to others. */
  readonly adminAccess: boolean;
  readonly tolerations: readonly DeviceToleration[];
  readonly capacity: { readonly [name: string]: string };
  /** The same for all that want the same sort of device. */
  readonly sort: string;
}

/** The class that a claim names is not there. */
export class MissingClass extends Error {
  override readonly name = "MissingClass";
}

export type FindClass = (name: string) => DeviceClass | undefined;

/** By request: its alternatives, of which one is to be met. Throws `MissingClass`. */
export function wantedBy(
  claim: ResourceClaim,
  findClass: FindClass,
): readonly (readonly Wanted[])[] {
  return (claim.spec.devices?.requests ?? []).map((request) => {
    const { name, exactly, firstAvailable = [] } = request;
    if (exactly) return [wantedOf(exactly, { claim, findClass, request, name })];
    return firstAvailable.map((alternative) =>
      wantedOf(alternative, { claim, findClass, request, name: `${name}/${alternative.name}` }),
    );
  });
}

interface Asked {
  readonly claim: ResourceClaim;
  readonly findClass: FindClass;
  readonly request: DeviceRequest;
  readonly name: string;
}

function wantedOf(
  asked: ExactDeviceRequest | DeviceSubRequest,
  { claim, findClass, request, name }: Asked,
): Wanted {
  const deviceClass = findClass(asked.deviceClassName);
  // exact: kube-scheduler
  if (!deviceClass)
    throw new MissingClass(`request ${name}: device class ${asked.deviceClassName} does not exist`);
  const { name: className, resourceVersion } = deviceClass.metadata;
  const { selectors = [], capacity } = asked;
  return {
    sort: JSON.stringify([className, resourceVersion, selectors, capacity?.requests]),
    name,
    request: request.name,
    claim,
    deviceClass,
    selectors,
    wantsAll: asked.allocationMode === "All",
    count: asked.count ?? 1,
    adminAccess: "adminAccess" in asked && asked.adminAccess === true,
    tolerations: asked.tolerations ?? [],
    capacity: capacity?.requests ?? {},
  };
}

/** What was found suitable among the devices of a node: pods of one template want the same sort. */
const suitable = new WeakMap<readonly KnownDevice[], Map<string, readonly KnownDevice[]>>();

/** Throws a `SelectorError`. */
export function suitableAmong(
  devices: readonly KnownDevice[],
  wanted: Wanted,
): readonly KnownDevice[] {
  const bySort = suitable.get(devices) ?? new Map<string, readonly KnownDevice[]>();
  suitable.set(devices, bySort);
  const known = bySort.get(wanted.sort);
  if (known) return known;
  const found = devices.filter((device) => suits(wanted, device));
  if (bySort.size >= sortsMax) bySort.clear();
  bySort.set(wanted.sort, found);
  return found;
}

const sortsMax = 64;

/** What the claim and its class say of devices. Throws a `SelectorError`. */
function suits(wanted: Wanted, known: KnownDevice): boolean {
  const { deviceClass, claim } = wanted;
  const { device } = known;
  // differs: devices that must come to conditions before their pod is bound (bindingConditions) are
  // not given to anybody.
  if (device.bindingConditions?.length) return false;
  const ofClass = deviceClass.spec.selectors ?? [];
  if (!matchAll(ofClass, known, `class ${deviceClass.metadata.name}`)) return false;
  const { namespace, name } = claim.metadata;
  if (!matchAll(wanted.selectors, known, `claim ${namespace}/${name}`)) return false;
  return hasCapacity(wanted, known);
}

// exact: kube-scheduler
function matchAll(
  selectors: readonly DeviceSelector[],
  { traits, id }: KnownDevice,
  whose: string,
): boolean {
  for (const [i, { cel }] of selectors.entries()) {
    try {
      if (cel && !traits.match(cel.expression)) return false;
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      const on = error.message.includes("runtime") ? ` on device ${id}` : "";
      throw new SelectorError(`${whose}: selector #${i}${on}: ${error.message}`);
    }
  }
  return true;
}

/**
 * differs: a device that could be shared by several claims (allowMultipleAllocations) goes to one;
 * of its capacity must be there what the request asks for.
 */
function hasCapacity({ capacity }: Wanted, { device }: KnownDevice): boolean {
  return Object.entries(capacity).every(([name, asked]) => {
    const there = device.capacity?.[name];
    return there !== undefined && quantityOf(there.value).compare(quantityOf(asked)) >= 0;
  });
}

/** The first taint that keeps the device from the request. */
export const untolerated = (
  { tolerations }: Pick<Wanted, "tolerations">,
  { device }: KnownDevice,
): DeviceTaint | undefined =>
  (device.taints ?? []).find(
    (taint) =>
      (taint.effect === "NoSchedule" || taint.effect === "NoExecute") &&
      !tolerations.some((toleration) => toleratesDeviceTaint(toleration, taint)),
  );
