/** upstream: pkg/apis/resource/validation/validation.go#validateResourceClaimStatusUpdate */
import { formatIp, parseCidr, parseIp } from "#base/ip.ts";
import { immutable, notLonger, validConditions } from "#api/field-rules.ts";
import type { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import {
  child,
  type FieldError,
  forbidden,
  invalid,
  required,
  tooMany,
} from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import {
  requestNames,
  type RequestNames,
  validRequestName,
  validRequestNames,
} from "./claim-rules.ts";
import type { ResourceClaimSpec } from "./device.ts";
import { validBinding, validConfiguration, validRaw } from "./device-rules.ts";
import { checkedList, checkedSet } from "./list-rules.ts";
import { validDriverName, validLabel, validPoolName, validUid } from "./name-rules.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaimConsumerReference,
  ResourceClaimStatus,
} from "./resourceclaim.ts";

interface Claim {
  readonly metadata: ObjectMeta;
  readonly spec: ResourceClaimSpec;
  readonly status: ResourceClaimStatus;
}

const usersMax = 256;
const path = "status";

export function* validClaimStatus(claim: Claim, old: Claim): Iterable<FieldError> {
  const { status } = claim;
  yield* checkedSet(status.reservedFor, child(path, "reservedFor"), {
    max: usersMax,
    check: validUser,
    keyOf: ({ uid }) => uid,
  });
  const allocated = new Set(status.allocation?.devices.results?.map(deviceId));
  yield* checkedSet(status.devices, child(path, "devices"), {
    max: Infinity,
    check: (device, at) => validDeviceStatus(device, at, allocated),
    keyOf: deviceId,
  });
  yield* validReservation(claim, old);
  yield* validAllocation(claim, old);
}

function* validUser(user: ResourceClaimConsumerReference, at: string): Iterable<FieldError> {
  for (const name of ["resource", "name", "uid"] as const) {
    if (user[name] === "") yield required(child(at, name));
  }
}

type Identified = Pick<AllocatedDeviceStatus, "driver" | "pool" | "device" | "shareID">;

const deviceId = ({ driver, pool, device, shareID }: Identified): string =>
  `${driver}/${pool}/${device}${shareID === undefined ? "" : `/${shareID}`}`;

function* validReservation({ metadata, status }: Claim, old: Claim): Iterable<FieldError> {
  const users = status.reservedFor ?? [];
  const at = child(path, "reservedFor");
  if (users.length === 0) return;
  if (!status.allocation) {
    yield forbidden(at, "may not be specified when `allocated` is not set");
    return;
  }
  const before = old.status.reservedFor ?? [];
  const isNew = (user: ResourceClaimConsumerReference) => !before.some((one) => equal(one, user));
  if (metadata.deletionTimestamp && users.some(isNew)) {
    const why =
      "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
    yield forbidden(at, why);
  }
}

/** It is made once; only all of it can be taken back. */
function* validAllocation({ spec, status }: Claim, old: Claim): Iterable<FieldError> {
  const at = child(path, "allocation");
  const { allocation } = status;
  if (!allocation) return;
  if (old.status.allocation) yield* immutable(at, allocation, old.status.allocation);
  else yield* validNewAllocation(allocation, child(at, "devices"), requestNames(spec.devices));
}

const resultsMax = 32;
/** Of the claim and of its class. */
const configsMax = 64;

function* validNewAllocation(
  { devices }: AllocationResult,
  at: string,
  names: RequestNames,
): Iterable<FieldError> {
  yield* checkedList(devices.results, child(at, "results"), {
    max: resultsMax,
    check: (result, here) => validResult(result, here, names),
  });
  yield* checkedList(devices.config, child(at, "config"), {
    max: configsMax,
    check: (config, here) => validAllocationConfig(config, here, names),
  });
}

function* validResult(
  result: DeviceRequestAllocationResult,
  at: string,
  names: RequestNames,
): Iterable<FieldError> {
  yield* validRequestName(result.request, child(at, "request"), names);
  yield* validDevice(result, at);
  yield* validBinding(result, at);
}

function* validDevice(device: Identified, at: string): Iterable<FieldError> {
  yield* validDriverName(device.driver, child(at, "driver"));
  yield* validPoolName(device.pool, child(at, "pool"));
  yield* validLabel(device.device, child(at, "device"));
  if (device.shareID !== undefined) yield* validUid(device.shareID, child(at, "shareID"));
}

function* validAllocationConfig(
  config: DeviceAllocationConfiguration,
  at: string,
  names: RequestNames,
): Iterable<FieldError> {
  yield* validRequestNames(config.requests, child(at, "requests"), names);
  yield* validConfiguration(config, at);
}

const conditionsMax = 8;

function* validDeviceStatus(
  device: AllocatedDeviceStatus,
  at: string,
  allocated: ReadonlySet<string>,
): Iterable<FieldError> {
  yield* validDevice(device, at);
  const id = deviceId(device);
  if (!allocated.has(id)) yield invalid(at, id, "must be an allocated device in the claim");
  const conditions = device.conditions ?? [];
  const conditionsPath = child(at, "conditions");
  if (conditions.length > conditionsMax) {
    yield tooMany(conditionsPath, conditions.length, conditionsMax);
  }
  yield* validConditions(conditionsPath, conditions);
  if (device.data !== undefined) yield* validRaw(device.data, child(at, "data"));
  if (device.networkData) yield* validNetwork(device.networkData, child(at, "networkData"));
}

const addressesMax = 16;

function* validNetwork(network: NetworkDeviceData, at: string): Iterable<FieldError> {
  yield* notLonger(child(at, "interfaceName"), network.interfaceName, 256);
  yield* notLonger(child(at, "hardwareAddress"), network.hardwareAddress, 128);
  yield* checkedSet(network.ips, child(at, "ips"), {
    max: addressesMax,
    check: validInterfaceAddress,
    keyOf: (address) => address,
  });
}

/** An address, and the length of its network's prefix. */
function* validInterfaceAddress(text: string, at: string): Iterable<FieldError> {
  const slash = text.indexOf("/");
  const ip = parseIp(text.slice(0, Math.max(slash, 0)));
  if (!ip || !parseCidr(text)) {
    const why = "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)";
    yield invalid(at, text, why);
    return;
  }
  const canonical = `${formatIp(ip)}/${Number(text.slice(slash + 1))}`;
  if (text !== canonical) yield invalid(at, text, `must be in canonical form ("${canonical}")`);
}

/** What drivers said of devices goes when the devices do. */
export function dropLostDevices(
  status: Draft<ResourceClaimStatus>,
  old: ResourceClaimStatus,
): void {
  if (!status.devices) return;
  const now = new Set(status.allocation?.devices.results?.map(deviceId));
  const before = new Set(old.allocation?.devices.results?.map(deviceId));
  const isLost = (id: string): boolean => before.has(id) && !now.has(id);
  const kept = status.devices.filter((device) => !isLost(deviceId(device)));
  if (kept.length === 0) delete status.devices;
  else status.devices = kept;
}
