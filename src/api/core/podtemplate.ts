import { containerImages, containerNames, labelsText, nameColumn } from "#api/columns.ts";
import { podTemplateWarnings } from "./pod-warnings.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { PodTemplateSpec } from "./pod-spec.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const PodTemplate = defineKind({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  doc: "A description of pods, kept for whoever makes pods from it.",
  plural: "podtemplates",
  scope: "Namespaced",
  storage: { prefix: "/registry/podtemplates", hash: "LIXB2x4IFpk=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.PodTemplate", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    template: s.object(2, PodTemplateSpec, { doc: "What the pods look like." }),
  }),
  columns: [
    nameColumn,
    {
      name: "Containers",
      type: "string",
      doc: "Names of its containers.",
      cell: ({ template }) => containerNames(template.spec.containers),
    },
    {
      name: "Images",
      type: "string",
      doc: "Images of its containers.",
      cell: ({ template }) => containerImages(template.spec.containers),
    },
    {
      name: "Pod Labels",
      type: "string",
      doc: "Labels of its pods.",
      cell: ({ template }) => labelsText(template.metadata.labels),
    },
  ],
  hasGeneration: true,
  warnings: ({ template }): Iterable<string> => podTemplateWarnings(template, "template"),
});

export interface PodTemplate extends ObjectOf<typeof PodTemplate> {}
