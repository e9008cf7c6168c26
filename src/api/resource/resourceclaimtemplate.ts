import { ageColumn, nameColumn } from "#api/columns.ts";
import { immutable } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { validateAnnotations, validateLabels } from "#api/names.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { ResourceClaimSpec } from "./device.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validClaimSpec } from "./claim-rules.ts";

export const ResourceClaimTemplateSpec = s.struct("resource/v1.ResourceClaimTemplateSpec", {
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, ResourceClaimSpec, { required: true }),
});

export interface ResourceClaimTemplateSpec extends ValueOf<typeof ResourceClaimTemplateSpec> {}

export const ResourceClaimTemplate = defineKind({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  plural: "resourceclaimtemplates",
  scope: "Namespaced",
  doc: "What the claims of pods are made from: each pod gets one of its own.",
  storage: { prefix: "/registry/resourceclaimtemplates", hash: "TuzjC49aUfM=" },
  deleteReturnsObject: true,
  schema: s.struct("resource/v1.ResourceClaimTemplate", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ResourceClaimTemplateSpec, { required: true }),
  }),

  *validateCreate({ spec: { metadata, spec } }): Iterable<FieldError> {
    yield* validateLabels(metadata.labels ?? {}, "spec.metadata.labels");
    yield* validateAnnotations(metadata.annotations ?? {}, "spec.metadata.annotations");
    yield* validClaimSpec(spec, "spec.spec");
  },
  validateUpdate: ({ spec }, old): Iterable<FieldError> => immutable("spec", spec, old.spec),

  columns: [nameColumn, ageColumn],
});

export interface ResourceClaimTemplate extends ObjectOf<typeof ResourceClaimTemplate> {}
