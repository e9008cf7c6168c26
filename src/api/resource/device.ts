import { s, type ValueOf } from "#schema/struct.ts";

export const CELDeviceSelector = s.struct("resource/v1.CELDeviceSelector", {
  expression: s.string(1, { required: true, doc: "In CEL; a device that it is true for will do." }),
});

export interface CELDeviceSelector extends ValueOf<typeof CELDeviceSelector> {}

export const CapacityRequirements = s.struct("resource/v1.CapacityRequirements", {
  requests: s.map(1, "quantity"),
});

export interface CapacityRequirements extends ValueOf<typeof CapacityRequirements> {}

export const DeviceSelector = s.struct("resource/v1.DeviceSelector", {
  cel: s.object(1, CELDeviceSelector, { optional: true, oneOfGroup: "SelectorType" }),
});

export interface DeviceSelector extends ValueOf<typeof DeviceSelector> {}

export const DeviceToleration = s.struct("resource/v1.DeviceToleration", {
  key: s.string(1),
  operator: s.oneOf(2, ["Equal", "Exists"], { default: "Equal" }),
  value: s.string(3),
  effect: s.oneOf(4, ["NoExecute", "NoSchedule", "None"]),
  tolerationSeconds: s.int64(5, { optional: true }),
});

export interface DeviceToleration extends ValueOf<typeof DeviceToleration> {}

export const ExactDeviceRequest = s.struct(
  "resource/v1.ExactDeviceRequest",
  {
    deviceClassName: s.string(1, {
      required: true,
      doc: "The class that says what a device must be.",
    }),
    selectors: s.list(2, DeviceSelector, { listType: "atomic" }),
    allocationMode: s.oneOf(3, ["All", "ExactCount"]),
    count: s.int64(4, { oneOfGroup: "AllocationMode" }),
    adminAccess: s.boolean(5, { optional: true, gate: "DRAAdminAccess" }),
    tolerations: s.list(6, DeviceToleration, { listType: "atomic", gate: "DRADeviceTaints" }),
    capacity: s.object(7, CapacityRequirements, { optional: true, gate: "DRAConsumableCapacity" }),
  },
  {
    defaults(draft) {
      draft.allocationMode ||= "ExactCount";
      if (draft.allocationMode === "ExactCount") draft.count ||= 1;
    },
  },
);

export interface ExactDeviceRequest extends ValueOf<typeof ExactDeviceRequest> {}

export const DeviceSubRequest = s.struct(
  "resource/v1.DeviceSubRequest",
  {
    name: s.string(1, { required: true }),
    deviceClassName: s.string(2, { required: true }),
    selectors: s.list(3, DeviceSelector, { listType: "atomic" }),
    allocationMode: s.oneOf(4, ["All", "ExactCount"]),
    count: s.int64(5, { oneOfGroup: "AllocationMode" }),
    tolerations: s.list(6, DeviceToleration, { listType: "atomic", gate: "DRADeviceTaints" }),
    capacity: s.object(7, CapacityRequirements, { optional: true, gate: "DRAConsumableCapacity" }),
  },
  {
    defaults(draft) {
      draft.allocationMode ||= "ExactCount";
      if (draft.allocationMode === "ExactCount") draft.count ||= 1;
    },
  },
);

export interface DeviceSubRequest extends ValueOf<typeof DeviceSubRequest> {}

export const DeviceRequest = s.struct("resource/v1.DeviceRequest", {
  name: s.string(1, { required: true }),
  exactly: s.object(2, ExactDeviceRequest, { optional: true, oneOfGroup: "deviceRequestType" }),
  firstAvailable: s.list(3, DeviceSubRequest, {
    doc: "Alternatives; the first that there are devices for is taken.",
    listType: "atomic",
    gate: "DRAPrioritizedList",
    oneOfGroup: "deviceRequestType",
  }),
});

export interface DeviceRequest extends ValueOf<typeof DeviceRequest> {}

export const DeviceConstraint = s.struct("resource/v1.DeviceConstraint", {
  requests: s.list(1, "string", { listType: "atomic" }),
  matchAttribute: s.string(2, { optional: true, oneOfGroup: "ConstraintType" }),
  distinctAttribute: s.string(3, {
    optional: true,
    gate: "DRAConsumableCapacity",
    oneOfGroup: "ConstraintType",
  }),
});

export interface DeviceConstraint extends ValueOf<typeof DeviceConstraint> {}

export const OpaqueDeviceConfiguration = s.struct("resource/v1.OpaqueDeviceConfiguration", {
  driver: s.string(1, { required: true }),
  parameters: s.raw(2, { required: true, doc: "What only the driver understands." }),
});

export interface OpaqueDeviceConfiguration extends ValueOf<typeof OpaqueDeviceConfiguration> {}

export const DeviceConfiguration = s.struct("resource/v1.DeviceConfiguration", {
  opaque: s.object(1, OpaqueDeviceConfiguration, {
    optional: true,
    oneOfGroup: "ConfigurationType",
  }),
});

export interface DeviceConfiguration extends ValueOf<typeof DeviceConfiguration> {}

export const DeviceClaimConfiguration = s.struct("resource/v1.DeviceClaimConfiguration", {
  requests: s.list(1, "string", { listType: "atomic" }),
  deviceConfiguration: s.inline(2, DeviceConfiguration, { protoName: "deviceConfiguration" }),
});

export interface DeviceClaimConfiguration extends ValueOf<typeof DeviceClaimConfiguration> {}

export const DeviceClaim = s.struct("resource/v1.DeviceClaim", {
  requests: s.list(1, DeviceRequest, {
    always: true,
    listType: "atomic",
    doc: "All of them must be met.",
  }),
  constraints: s.list(2, DeviceConstraint, {
    listType: "atomic",
    doc: "What devices of several requests must have in common, or not.",
  }),
  config: s.list(3, DeviceClaimConfiguration, {
    listType: "atomic",
    doc: "How drivers should set up the devices.",
  }),
});

export interface DeviceClaim extends ValueOf<typeof DeviceClaim> {}

export const ResourceClaimSpec = s.struct("resource/v1.ResourceClaimSpec", {
  devices: s.object(1, DeviceClaim, { always: true }),
});

export interface ResourceClaimSpec extends ValueOf<typeof ResourceClaimSpec> {}
