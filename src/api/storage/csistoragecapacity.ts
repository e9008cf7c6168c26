import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const CSIStorageCapacity = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  scope: "Namespaced",
  storage: { prefix: "/registry/csistoragecapacities", hash: "xeVl+2Ly1kE=" },
  schema: s.struct("storage/v1.CSIStorageCapacity", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    nodeTopology: s.object(2, LabelSelector, { optional: true }),
    storageClassName: s.string(3, { required: true }),
    capacity: s.quantity(4, { optional: true }),
    maximumVolumeSize: s.quantity(5, { optional: true }),
  }),
});

export interface CSIStorageCapacity extends ObjectOf<typeof CSIStorageCapacity> {}
