import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const Secret = defineKind({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  scope: "Namespaced",
  storage: { prefix: "/registry/secrets", hash: "S6u1pOWzb84=" },
  schema: s.struct("core/v1.Secret", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    immutable: s.boolean(5, { optional: true }),
    data: s.map(2, "bytes"),
    stringData: s.map(4, "string"),
    type: s.string(3),
  }),
});

export interface Secret extends ObjectOf<typeof Secret> {}
