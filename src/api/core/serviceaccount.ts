import { ageColumn, nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LocalObjectReference, ObjectReference } from "./references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const ServiceAccount = defineKind({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  doc: "An identity for what runs in pods.",
  plural: "serviceaccounts",
  shortNames: ["sa"],
  scope: "Namespaced",
  storage: { prefix: "/registry/serviceaccounts", hash: "pbx9ZvyFpBE=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.ServiceAccount", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    secrets: s.list(2, ObjectReference, {
      doc: "Secrets its pods may use, where that is enforced.",
      listType: "map",
      keys: ["name"],
      patch: "merge",
      patchKey: "name",
    }),
    imagePullSecrets: s.list(3, LocalObjectReference, {
      doc: "Secrets with credentials for registries, for all of its pods.",
      listType: "atomic",
    }),
    automountServiceAccountToken: s.boolean(4, {
      doc: "Whether its pods get a token, unless they say themselves.",
      optional: true,
    }),
  }),
  columns: [nameColumn, ageColumn],
  needsResourceVersion: true,
});

export interface ServiceAccount extends ObjectOf<typeof ServiceAccount> {}
