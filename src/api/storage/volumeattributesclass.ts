import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const VolumeAttributesClass = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  shortNames: ["vac"],
  scope: "Cluster",
  storage: { prefix: "/registry/volumeattributesclasses", hash: "tIjydgKBC5w=" },
  deleteReturnsObject: true,
  schema: s.struct("storage/v1.VolumeAttributesClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    driverName: s.string(2, { required: true }),
    parameters: s.map(3, "string"),
  }),
});

export interface VolumeAttributesClass extends ObjectOf<typeof VolumeAttributesClass> {}
