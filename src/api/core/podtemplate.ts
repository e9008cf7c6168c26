import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "./pod-spec.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const PodTemplate = defineKind({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  scope: "Namespaced",
  storage: { prefix: "/registry/podtemplates", hash: "LIXB2x4IFpk=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.PodTemplate", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    template: s.object(2, PodTemplateSpec),
  }),
});

export interface PodTemplate extends ObjectOf<typeof PodTemplate> {}
