import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const VolumeNodeResources = s.struct("storage/v1.VolumeNodeResources", {
  count: s.int32(1, { optional: true }),
});

export interface VolumeNodeResources extends ValueOf<typeof VolumeNodeResources> {}

export const CSINodeDriver = s.struct("storage/v1.CSINodeDriver", {
  name: s.string(1, { required: true }),
  nodeID: s.string(2, { required: true }),
  topologyKeys: s.list(3, "string", { always: true, listType: "atomic" }),
  allocatable: s.object(4, VolumeNodeResources, { optional: true }),
});

export interface CSINodeDriver extends ValueOf<typeof CSINodeDriver> {}

export const CSINodeSpec = s.struct("storage/v1.CSINodeSpec", {
  drivers: s.list(1, CSINodeDriver, {
    required: true,
    listType: "map",
    keys: ["name"],
    patch: "merge",
    patchKey: "name",
  }),
});

export interface CSINodeSpec extends ValueOf<typeof CSINodeSpec> {}

export const CSINode = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  scope: "Cluster",
  storage: { prefix: "/registry/csinodes", hash: "Pe62DkZtjuo=" },
  deleteReturnsObject: true,
  schema: s.struct("storage/v1.CSINode", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, CSINodeSpec, { required: true }),
  }),
});

export interface CSINode extends ObjectOf<typeof CSINode> {}
