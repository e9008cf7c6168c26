import { ageColumn, nameColumn } from "#api/columns.ts";
import { immutable } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { NodeSelector } from "#api/core/node-selector.ts";
import { Condition } from "#api/meta/condition.ts";
import { describing, ObjectMeta } from "#api/meta/object-meta.ts";
import { DeviceConfiguration, DeviceToleration, ResourceClaimSpec } from "./device.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validClaimSpec } from "./claim-rules.ts";
import { dropLostDevices, validClaimStatus } from "./claim-status-rules.ts";

export const NetworkDeviceData = s.struct("resource/v1.NetworkDeviceData", {
  interfaceName: s.string(1),
  ips: s.list(2, "string", { listType: "atomic" }),
  hardwareAddress: s.string(3),
});

export interface NetworkDeviceData extends ValueOf<typeof NetworkDeviceData> {}

export const AllocatedDeviceStatus = s.struct("resource/v1.AllocatedDeviceStatus", {
  driver: s.string(1, { required: true }),
  pool: s.string(2, { required: true }),
  device: s.string(3, { required: true }),
  shareID: s.string(7, { optional: true, gate: "DRAConsumableCapacity" }),
  conditions: s.list(4, Condition, { always: true, listType: "map", keys: ["type"] }),
  data: s.raw(5, { optional: true }),
  networkData: s.object(6, NetworkDeviceData, { optional: true }),
});

export interface AllocatedDeviceStatus extends ValueOf<typeof AllocatedDeviceStatus> {}

export const DeviceRequestAllocationResult = s.struct("resource/v1.DeviceRequestAllocationResult", {
  request: s.string(1, { required: true }),
  driver: s.string(2, { required: true }),
  pool: s.string(3, { required: true }),
  device: s.string(4, { required: true }),
  adminAccess: s.boolean(5, { optional: true, gate: "DRAAdminAccess" }),
  tolerations: s.list(6, DeviceToleration, { listType: "atomic", gate: "DRADeviceTaints" }),
  bindingConditions: s.list(7, "string", {
    listType: "atomic",
    gate: "DRADeviceBindingConditions,DRAResourceClaimDeviceStatus",
  }),
  bindingFailureConditions: s.list(8, "string", {
    listType: "atomic",
    gate: "DRADeviceBindingConditions,DRAResourceClaimDeviceStatus",
  }),
  shareID: s.string(9, { optional: true, gate: "DRAConsumableCapacity" }),
  consumedCapacity: s.map(10, "quantity", { gate: "DRAConsumableCapacity" }),
});

export interface DeviceRequestAllocationResult extends ValueOf<
  typeof DeviceRequestAllocationResult
> {}

export const DeviceAllocationConfiguration = s.struct("resource/v1.DeviceAllocationConfiguration", {
  source: s.oneOf(1, ["FromClaim", "FromClass"], { required: true }),
  requests: s.list(2, "string", { listType: "atomic" }),
  deviceConfiguration: s.inline(3, DeviceConfiguration, { protoName: "deviceConfiguration" }),
});

export interface DeviceAllocationConfiguration extends ValueOf<
  typeof DeviceAllocationConfiguration
> {}

export const DeviceAllocationResult = s.struct("resource/v1.DeviceAllocationResult", {
  results: s.list(1, DeviceRequestAllocationResult, { listType: "atomic" }),
  config: s.list(2, DeviceAllocationConfiguration, { listType: "atomic" }),
});

export interface DeviceAllocationResult extends ValueOf<typeof DeviceAllocationResult> {}

export const AllocationResult = s.struct("resource/v1.AllocationResult", {
  devices: s.object(1, DeviceAllocationResult),
  nodeSelector: s.object(3, NodeSelector, { optional: true }),
  allocationTimestamp: s.time(5, {
    optional: true,
    gate: "DRADeviceBindingConditions,DRAResourceClaimDeviceStatus",
  }),
});

export interface AllocationResult extends ValueOf<typeof AllocationResult> {}

export const ResourceClaimConsumerReference = s.struct(
  "resource/v1.ResourceClaimConsumerReference",
  {
    apiGroup: s.string(1),
    resource: s.string(3, { required: true }),
    name: s.string(4, { required: true }),
    uid: s.string(5, { required: true }),
  },
);

export interface ResourceClaimConsumerReference extends ValueOf<
  typeof ResourceClaimConsumerReference
> {}

export const ResourceClaimStatus = s.struct("resource/v1.ResourceClaimStatus", {
  allocation: s.object(1, AllocationResult, {
    optional: true,
    doc: "The devices that the claim got.",
  }),
  reservedFor: s.list(2, ResourceClaimConsumerReference, {
    doc: "Who uses the devices; while there is anybody the claim keeps them.",
    listType: "map",
    keys: ["uid"],
    patch: "merge",
    patchKey: "uid",
  }),
  devices: s.list(4, AllocatedDeviceStatus, {
    doc: "What drivers have to say of the devices.",
    listType: "map",
    keys: ["driver", "device", "pool", "shareID"],
    gate: "DRAResourceClaimDeviceStatus",
  }),
});

export interface ResourceClaimStatus extends ValueOf<typeof ResourceClaimStatus> {}

export const ResourceClaim = defineKind({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  plural: "resourceclaims",
  scope: "Namespaced",
  doc: "Asks for devices; pods that name the claim use them together.",
  storage: { prefix: "/registry/resourceclaims", hash: "wgAZaHcZxUg=" },
  deleteReturnsObject: true,
  schema: s.struct("resource/v1.ResourceClaim", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ResourceClaimSpec, { required: true }),
    status: s.object(3, ResourceClaimStatus),
  }),
  status: {
    keeps: describing,
    prepare: ({ status }, old): void => dropLostDevices(status, old.status),
    validate: (claim, old): Iterable<FieldError> => validClaimStatus(claim, old),
  },

  validateCreate: ({ spec }): Iterable<FieldError> => validClaimSpec(spec, "spec"),
  validateUpdate: ({ spec }, old): Iterable<FieldError> => immutable("spec", spec, old.spec),

  columns: [
    nameColumn,
    {
      name: "State",
      type: "string",
      cell: ({ metadata, status }) =>
        stateOf(metadata.deletionTimestamp !== undefined, status).join(","),
    },
    ageColumn,
  ],
});

export interface ResourceClaim extends ObjectOf<typeof ResourceClaim> {}

function stateOf(isDeleted: boolean, { allocation, reservedFor }: ResourceClaimStatus): string[] {
  const parts = isDeleted ? ["deleted"] : [];
  if (!allocation) return isDeleted ? parts : ["pending"];
  return [...parts, "allocated", ...(reservedFor?.length ? ["reserved"] : [])];
}
