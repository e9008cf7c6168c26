import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const ConfigMap = defineKind({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  shortNames: ["cm"],
  scope: "Namespaced",
  storage: { prefix: "/registry/configmaps", hash: "qFsyl6wFWjQ=" },
  schema: s.struct("core/v1.ConfigMap", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    immutable: s.boolean(4, { optional: true }),
    data: s.map(2, "string"),
    binaryData: s.map(3, "bytes"),
  }),
});

export interface ConfigMap extends ObjectOf<typeof ConfigMap> {}
