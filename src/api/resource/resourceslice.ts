import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { NodeSelector } from "#api/core/node-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validSlice, validSliceUpdate } from "./slice-rules.ts";

export const CapacityRequestPolicyRange = s.struct("resource/v1.CapacityRequestPolicyRange", {
  min: s.quantity(1, { required: true, optional: true }),
  max: s.quantity(2, { optional: true }),
  step: s.quantity(3, { optional: true }),
});

export interface CapacityRequestPolicyRange extends ValueOf<typeof CapacityRequestPolicyRange> {}

export const CapacityRequestPolicy = s.struct("resource/v1.CapacityRequestPolicy", {
  default: s.quantity(1, { always: true, nullable: true }),
  validValues: s.list(3, "quantity", { listType: "atomic", oneOfGroup: "ValidRequestValues" }),
  validRange: s.object(4, CapacityRequestPolicyRange, {
    optional: true,
    oneOfGroup: "ValidRequestValues",
  }),
});

export interface CapacityRequestPolicy extends ValueOf<typeof CapacityRequestPolicy> {}

export const Counter = s.struct("resource/v1.Counter", {
  value: s.quantity(1, { required: true }),
});

export interface Counter extends ValueOf<typeof Counter> {}

export const CounterSet = s.struct("resource/v1.CounterSet", {
  name: s.string(1, { required: true }),
  counters: s.map(2, Counter, { required: true, omitEmpty: true }),
});

export interface CounterSet extends ValueOf<typeof CounterSet> {}

export const DeviceAttribute = s.struct("resource/v1.DeviceAttribute", {
  int: s.int64(2, { optional: true }),
  bool: s.boolean(3, { optional: true }),
  string: s.string(4, { optional: true }),
  version: s.string(5, { optional: true }),
  ints: s.list(6, "int64", { listType: "atomic", gate: "DRAListTypeAttributes" }),
  bools: s.list(7, "boolean", { listType: "atomic", gate: "DRAListTypeAttributes" }),
  strings: s.list(8, "string", { listType: "atomic", gate: "DRAListTypeAttributes" }),
  versions: s.list(9, "string", { listType: "atomic", gate: "DRAListTypeAttributes" }),
});

export interface DeviceAttribute extends ValueOf<typeof DeviceAttribute> {}

export const DeviceCapacity = s.struct("resource/v1.DeviceCapacity", {
  value: s.quantity(1, { required: true }),
  requestPolicy: s.object(2, CapacityRequestPolicy, {
    optional: true,
    gate: "DRAConsumableCapacity",
  }),
});

export interface DeviceCapacity extends ValueOf<typeof DeviceCapacity> {}

export const DeviceCounterConsumption = s.struct("resource/v1.DeviceCounterConsumption", {
  counterSet: s.string(1, { required: true }),
  counters: s.map(2, Counter, { required: true, omitEmpty: true }),
});

export interface DeviceCounterConsumption extends ValueOf<typeof DeviceCounterConsumption> {}

export const DeviceTaint = s.struct("resource/v1.DeviceTaint", {
  key: s.string(1, { required: true }),
  value: s.string(2),
  effect: s.oneOf(3, ["NoExecute", "NoSchedule", "None"], { required: true }),
  timeAdded: s.time(4, { optional: true }),
});

export interface DeviceTaint extends ValueOf<typeof DeviceTaint> {}

export const NodeAllocatableResourceMapping = s.struct(
  "resource/v1.NodeAllocatableResourceMapping",
  {
    capacityKey: s.string(1, { optional: true }),
    allocationMultiplier: s.quantity(2, { optional: true }),
  },
  {
    defaults(draft) {
      draft.allocationMultiplier ??= "1";
    },
  },
);

export interface NodeAllocatableResourceMapping extends ValueOf<
  typeof NodeAllocatableResourceMapping
> {}

export const Device = s.struct("resource/v1.Device", {
  name: s.string(1, { required: true }),
  attributes: s.map(2, DeviceAttribute),
  capacity: s.map(3, DeviceCapacity),
  consumesCounters: s.list(4, DeviceCounterConsumption, {
    listType: "atomic",
    gate: "DRAPartitionableDevices",
  }),
  nodeName: s.string(5, {
    optional: true,
    gate: "DRAPartitionableDevices",
    oneOfGroup: "DeviceNodeSelection",
  }),
  nodeSelector: s.object(6, NodeSelector, {
    optional: true,
    gate: "DRAPartitionableDevices",
    oneOfGroup: "DeviceNodeSelection",
  }),
  allNodes: s.boolean(7, {
    optional: true,
    gate: "DRAPartitionableDevices",
    oneOfGroup: "DeviceNodeSelection",
  }),
  taints: s.list(8, DeviceTaint, { listType: "atomic", gate: "DRADeviceTaints" }),
  bindsToNode: s.boolean(9, {
    optional: true,
    gate: "DRADeviceBindingConditions,DRAResourceClaimDeviceStatus",
  }),
  bindingConditions: s.list(10, "string", {
    listType: "atomic",
    gate: "DRADeviceBindingConditions,DRAResourceClaimDeviceStatus",
  }),
  bindingFailureConditions: s.list(11, "string", {
    listType: "atomic",
    gate: "DRADeviceBindingConditions,DRAResourceClaimDeviceStatus",
  }),
  allowMultipleAllocations: s.boolean(12, { optional: true, gate: "DRAConsumableCapacity" }),
  nodeAllocatableResourceMappings: s.map(13, NodeAllocatableResourceMapping, {
    gate: "DRANodeAllocatableResources",
  }),
});

export interface Device extends ValueOf<typeof Device> {}

export const ResourcePool = s.struct("resource/v1.ResourcePool", {
  name: s.string(1, { required: true }),
  generation: s.int64(2, { required: true }),
  resourceSliceCount: s.int64(3, { required: true }),
});

export interface ResourcePool extends ValueOf<typeof ResourcePool> {}

export const ResourceSliceSpec = s.struct("resource/v1.ResourceSliceSpec", {
  driver: s.string(1, { required: true, doc: "Who looks after the devices." }),
  pool: s.object(2, ResourcePool, {
    required: true,
    doc: "The devices that belong together; a pool may take several slices.",
  }),
  nodeName: s.string(3, { optional: true, oneOfGroup: "NodeSelection" }),
  nodeSelector: s.object(4, NodeSelector, { optional: true, oneOfGroup: "NodeSelection" }),
  allNodes: s.boolean(5, { optional: true, oneOfGroup: "NodeSelection" }),
  devices: s.list(6, Device, { listType: "atomic", oneOfGroup: "ResourceSliceType" }),
  perDeviceNodeSelection: s.boolean(7, {
    optional: true,
    gate: "DRAPartitionableDevices",
    oneOfGroup: "NodeSelection",
  }),
  sharedCounters: s.list(8, CounterSet, {
    listType: "atomic",
    gate: "DRAPartitionableDevices",
    oneOfGroup: "ResourceSliceType",
  }),
});

export interface ResourceSliceSpec extends ValueOf<typeof ResourceSliceSpec> {}

export const ResourceSlice = defineKind({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  scope: "Cluster",
  doc: "Lists devices of one driver that claims can get, and the nodes that can reach them.",
  storage: { prefix: "/registry/resourceslices", hash: "KsC072WgaEY=" },
  deleteReturnsObject: true,
  schema: s.struct("resource/v1.ResourceSlice", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ResourceSliceSpec, { required: true }),
  }),
  hasGeneration: true,

  fillTimes({ spec }, now) {
    for (const { taints = [] } of spec.devices ?? [])
      for (const taint of taints) taint.timeAdded ??= now;
  },

  validate: ({ spec }): Iterable<FieldError> => validSlice(spec),
  validateUpdate: ({ spec }, old): Iterable<FieldError> => validSliceUpdate(spec, old.spec),

  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.driver": ({ spec }) => spec.driver,
  },
  columns: [
    nameColumn,
    { name: "Node", type: "string", cell: ({ spec }) => spec.nodeName ?? "" },
    { name: "Driver", type: "string", cell: ({ spec }) => spec.driver },
    { name: "Pool", type: "string", cell: ({ spec }) => spec.pool.name },
    ageColumn,
  ],
});

export interface ResourceSlice extends ObjectOf<typeof ResourceSlice> {}
