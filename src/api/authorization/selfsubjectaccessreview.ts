import { defineKind, type ObjectOf } from "#api/kind.ts";
import {
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewStatus,
} from "./attributes.ts";
import { emptyMetadata, validAttributes } from "./review-rules.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import type { FieldError } from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const SelfSubjectAccessReviewSpec = s.struct(
  "authorization/v1.SelfSubjectAccessReviewSpec",
  {
    resourceAttributes: s.object(1, ResourceAttributes, { optional: true }),
    nonResourceAttributes: s.object(2, NonResourceAttributes, { optional: true }),
  },
);

export interface SelfSubjectAccessReviewSpec extends ValueOf<typeof SelfSubjectAccessReviewSpec> {}

export const SelfSubjectAccessReview = defineKind({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  scope: "Cluster",
  doc: "Asks whether the one who asks may do something (`kubectl auth can-i`).",
  verbs: ["create"],
  schema: s.struct("authorization/v1.SelfSubjectAccessReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, SelfSubjectAccessReviewSpec, { required: true }),
    status: s.object(3, SubjectAccessReviewStatus),
  }),

  *validate({ metadata, spec }): Iterable<FieldError> {
    yield* validAttributes(spec);
    yield* emptyMetadata(metadata, { mayHaveNamespace: false });
  },
});

export interface SelfSubjectAccessReview extends ObjectOf<typeof SelfSubjectAccessReview> {}
