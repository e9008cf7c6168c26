import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { DeviceConfiguration, DeviceSelector } from "./device.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const DeviceClassConfiguration = s.struct("resource/v1.DeviceClassConfiguration", {
  deviceConfiguration: s.inline(1, DeviceConfiguration, { protoName: "deviceConfiguration" }),
});

export interface DeviceClassConfiguration extends ValueOf<typeof DeviceClassConfiguration> {}

export const DeviceClassSpec = s.struct("resource/v1.DeviceClassSpec", {
  selectors: s.list(1, DeviceSelector, { listType: "atomic" }),
  config: s.list(2, DeviceClassConfiguration, { listType: "atomic" }),
  extendedResourceName: s.string(4, { optional: true, gate: "DRAExtendedResource" }),
});

export interface DeviceClassSpec extends ValueOf<typeof DeviceClassSpec> {}

export const DeviceClass = defineKind({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  scope: "Cluster",
  storage: { prefix: "/registry/deviceclasses", hash: "Yk2PTc1Ybxk=" },
  deleteReturnsObject: true,
  schema: s.struct("resource/v1.DeviceClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, DeviceClassSpec, { required: true }),
  }),
});

export interface DeviceClass extends ObjectOf<typeof DeviceClass> {}
