import { defineKind, type ObjectOf } from "#api/kind.ts";
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts";
import { emptyMetadata, validLocalReview, validSubjectReview } from "./review-rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const LocalSubjectAccessReview = defineKind({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  scope: "Namespaced",
  doc: "Asks whether somebody may do something in one namespace, so that the right to ask can be given per namespace.",
  verbs: ["create"],
  schema: s.struct("authorization/v1.LocalSubjectAccessReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, SubjectAccessReviewSpec, { required: true }),
    status: s.object(3, SubjectAccessReviewStatus),
  }),

  *validate({ metadata, spec }): Iterable<FieldError> {
    yield* validSubjectReview(spec);
    yield* emptyMetadata(metadata, { mayHaveNamespace: true });
    yield* validLocalReview(metadata.namespace ?? "", spec);
  },
});

export interface LocalSubjectAccessReview extends ObjectOf<typeof LocalSubjectAccessReview> {}
