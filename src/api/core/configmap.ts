import { ageColumn, nameColumn } from "#api/columns.ts";
import { validateConfigMap, validateConfigMapUpdate } from "./configmap-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const ConfigMap = defineKind({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  doc: "Settings for pods: texts and binary data by key, to be mounted as files or read as variables.",
  plural: "configmaps",
  shortNames: ["cm"],
  scope: "Namespaced",
  storage: { prefix: "/registry/configmaps", hash: "qFsyl6wFWjQ=" },
  schema: s.struct("core/v1.ConfigMap", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    immutable: s.boolean(4, {
      doc: "Once true, neither it nor the data can be changed any more.",
      optional: true,
    }),
    data: s.map(2, "string", {
      doc: "Texts by key. A key may have letters, digits, '-', '_' and '.'.",
    }),
    binaryData: s.map(3, "bytes", {
      doc: "Bytes by key, in base64; the keys differ from those of data.",
    }),
  }),
  columns: [
    nameColumn,
    {
      name: "Data",
      type: "string",
      doc: "How many entries it has.",
      cell: ({ data, binaryData }) => countKeys(data) + countKeys(binaryData),
    },
    ageColumn,
  ],
  validate: (map): Iterable<FieldError> => validateConfigMap(map),
  validateUpdate: (map, old): Iterable<FieldError> => validateConfigMapUpdate(map, old),
});

export interface ConfigMap extends ObjectOf<typeof ConfigMap> {}

const countKeys = (map: object | undefined): number => Object.keys(map ?? {}).length;
