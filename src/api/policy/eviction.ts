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
  doc: "Asks for a pod to be deleted if its disruption budgets allow it. Posted to the pod's `eviction`.",
  schema: s.struct("policy/v1.Eviction", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    deleteOptions: s.object(2, DeleteOptions, {
      optional: true,
      doc: "How to delete the pod; `dryRun` only asks whether it would be allowed.",
    }),
  }),
});

export interface Eviction extends ObjectOf<typeof Eviction> {}
