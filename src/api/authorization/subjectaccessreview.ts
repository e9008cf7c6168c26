import { defineKind, type ObjectOf } from "#api/kind.ts";
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts";
import { emptyMetadata, validSubjectReview } from "./review-rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const SubjectAccessReview = defineKind({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  scope: "Cluster",
  doc: "Asks whether somebody may do something; the answer is in the status.",
  verbs: ["create"],
  schema: s.struct("authorization/v1.SubjectAccessReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, SubjectAccessReviewSpec, { required: true }),
    status: s.object(3, SubjectAccessReviewStatus),
  }),

  *validate({ metadata, spec }): Iterable<FieldError> {
    yield* validSubjectReview(spec);
    yield* emptyMetadata(metadata, { mayHaveNamespace: false });
  },
});

export interface SubjectAccessReview extends ObjectOf<typeof SubjectAccessReview> {}
