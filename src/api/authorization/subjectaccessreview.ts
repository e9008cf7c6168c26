import { defineKind, type ObjectOf } from "#api/kind.ts";
import { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from "./attributes.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";

export const SubjectAccessReview = defineKind({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  scope: "Cluster",
  verbs: ["create"],
  schema: s.struct("authorization/v1.SubjectAccessReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, SubjectAccessReviewSpec, { required: true }),
    status: s.object(3, SubjectAccessReviewStatus),
  }),
});

export interface SubjectAccessReview extends ObjectOf<typeof SubjectAccessReview> {}
