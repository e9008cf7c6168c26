import { defineKind, type ObjectOf } from "#api/kind.ts";
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const LocalSubjectAccessReview = defineKind({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  scope: "Namespaced",
  verbs: ["create"],
  schema: s.struct("authorization/v1.LocalSubjectAccessReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, SubjectAccessReviewSpec, { required: true }),
    status: s.object(3, SubjectAccessReviewStatus),
  }),
});

export interface LocalSubjectAccessReview extends ObjectOf<typeof LocalSubjectAccessReview> {}
