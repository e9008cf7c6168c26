import { validateBinding } from "./binding-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectReference } from "./references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const Binding = defineKind({
  group: "",
  version: "v1",
  kind: "Binding",
  doc: "The decision on which node a pod runs.",
  plural: "bindings",
  scope: "Namespaced",
  verbs: ["create"],
  schema: s.struct("core/v1.Binding", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    target: s.object(2, ObjectReference, { doc: "The node.", required: true }),
  }),
  validate: (binding): Iterable<FieldError> => validateBinding(binding),
});

export interface Binding extends ObjectOf<typeof Binding> {}
