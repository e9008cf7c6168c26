import { ageColumn, nameColumn } from "#api/columns.ts";
import { isExtendedResource } from "#api/core/resource-names.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { DeviceConfiguration, DeviceSelector } from "./device.ts";
import { type FieldError, invalid } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validConfiguration, validSelector } from "./device-rules.ts";
import { checkedList } from "./list-rules.ts";

export const DeviceClassConfiguration = s.struct("resource/v1.DeviceClassConfiguration", {
  deviceConfiguration: s.inline(1, DeviceConfiguration, { protoName: "deviceConfiguration" }),
});

export interface DeviceClassConfiguration extends ValueOf<typeof DeviceClassConfiguration> {}

export const DeviceClassSpec = s.struct("resource/v1.DeviceClassSpec", {
  selectors: s.list(1, DeviceSelector, {
    listType: "atomic",
    doc: "What a device must be like; all of them must hold.",
  }),
  config: s.list(2, DeviceClassConfiguration, {
    listType: "atomic",
    doc: "How drivers should set up devices of the class.",
  }),
  extendedResourceName: s.string(4, {
    optional: true,
    gate: "DRAExtendedResource",
    doc: "Pods that ask for this resource get devices of the class.",
  }),
});

export interface DeviceClassSpec extends ValueOf<typeof DeviceClassSpec> {}

const most = 32;

export const DeviceClass = defineKind({
  group: "resource.k8s.io",
  version: "v1",
  kind: "DeviceClass",
  plural: "deviceclasses",
  scope: "Cluster",
  doc: "Names a sort of devices, for claims to ask for.",
  storage: { prefix: "/registry/deviceclasses", hash: "Yk2PTc1Ybxk=" },
  deleteReturnsObject: true,
  schema: s.struct("resource/v1.DeviceClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, DeviceClassSpec, { required: true }),
  }),
  hasGeneration: true,

  *validate({ spec }): Iterable<FieldError> {
    const { selectors, config, extendedResourceName: resource } = spec;
    yield* checkedList(selectors, "spec.selectors", { max: most, check: validSelector });
    yield* checkedList(config, "spec.config", { max: most, check: validConfiguration });
    if (resource !== undefined && !isExtendedResource(resource)) {
      const why = "must be a valid extended resource name";
      yield invalid("spec.extendedResourceName", resource, why);
    }
  },

  columns: [nameColumn, ageColumn],
});

export interface DeviceClass extends ObjectOf<typeof DeviceClass> {}
