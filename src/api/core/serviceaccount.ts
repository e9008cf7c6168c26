import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LocalObjectReference, ObjectReference } from "./references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const ServiceAccount = defineKind({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  shortNames: ["sa"],
  scope: "Namespaced",
  storage: { prefix: "/registry/serviceaccounts", hash: "pbx9ZvyFpBE=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.ServiceAccount", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    secrets: s.list(2, ObjectReference, {
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    imagePullSecrets: s.list(3, LocalObjectReference, { listType: "atomic" }),
    automountServiceAccountToken: s.boolean(4, { optional: true }),
  }),
});

export interface ServiceAccount extends ObjectOf<typeof ServiceAccount> {}
