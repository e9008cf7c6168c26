import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { equal } from "#schema/copy.ts";
import { forbidden, required } from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { validParameters, validProvisioner } from "./class-parameters.ts";

/** upstream: pkg/apis/storage/validation/validation.go#ValidateVolumeAttributesClass */
export const VolumeAttributesClass = defineKind({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  shortNames: ["vac"],
  scope: "Cluster",
  doc: "Attributes of a volume that can be changed while it exists, such as its speed. Claims choose it by name.",
  storage: { prefix: "/registry/volumeattributesclasses", hash: "tIjydgKBC5w=" },
  deleteReturnsObject: true,
  schema: s.struct("storage/v1.VolumeAttributesClass", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    driverName: s.string(2, { required: true, doc: "The driver that changes the volumes." }),
    parameters: s.map(3, "string", { doc: "What the driver is told. They cannot be changed." }),
  }),

  *validate({ driverName, parameters = {} }) {
    yield* validProvisioner("driverName", driverName);
    yield* validParameters("parameters", parameters);
    if (Object.keys(parameters).length === 0) {
      yield required("parameters", "must contain at least one key/value pair");
    }
  },

  *validateUpdate({ driverName, parameters }, old) {
    if (driverName !== old.driverName) {
      yield forbidden("driverName", "updates to driverName are forbidden.");
    }
    if (!equal(parameters, old.parameters)) {
      yield forbidden("parameters", "updates to parameters are forbidden.");
    }
  },

  columns: [
    nameColumn,
    { name: "DriverName", type: "string", cell: ({ driverName }) => driverName },
    ageColumn,
  ],
});

export interface VolumeAttributesClass extends ObjectOf<typeof VolumeAttributesClass> {}
