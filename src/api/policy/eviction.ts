import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { DeleteOptions } from "#api/meta/options.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const Eviction = defineKind({
  group: "policy",
  version: "v1",
  kind: "Eviction",
  plural: "evictions",
  scope: "Namespaced",
  verbs: [],
  schema: s.struct("policy/v1.Eviction", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    deleteOptions: s.object(2, DeleteOptions, { optional: true }),
  }),
});

export interface Eviction extends ObjectOf<typeof Eviction> {}
