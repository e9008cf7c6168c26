import { defineKind, type ObjectOf } from "#api/kind.ts";
import { TopologySelectorTerm } from "#api/core/node-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const StorageClass = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  shortNames: ["sc"],
  scope: "Cluster",
  storage: { prefix: "/registry/storageclasses", hash: "K+m6uJwbjGY=" },
  deleteReturnsObject: true,
  schema: s.struct("storage/v1.StorageClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    provisioner: s.string(2, { required: true }),
    parameters: s.map(3, "string"),
    reclaimPolicy: s.oneOf(4, ["Delete", "Recycle", "Retain"], { optional: true }),
    mountOptions: s.list(5, "string", { listType: "atomic" }),
    allowVolumeExpansion: s.boolean(6, { optional: true }),
    volumeBindingMode: s.oneOf(7, ["Immediate", "WaitForFirstConsumer"], { optional: true }),
    allowedTopologies: s.list(8, TopologySelectorTerm, { listType: "atomic" }),
  }),
});

export interface StorageClass extends ObjectOf<typeof StorageClass> {}
