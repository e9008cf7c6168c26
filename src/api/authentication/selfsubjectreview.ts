import { defineKind, type ObjectOf } from "#api/kind.ts";
import { UserInfo } from "./user-info.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const SelfSubjectReviewStatus = s.struct("authentication/v1.SelfSubjectReviewStatus", {
  userInfo: s.object(1, UserInfo),
});

export interface SelfSubjectReviewStatus extends ValueOf<typeof SelfSubjectReviewStatus> {}

export const SelfSubjectReview = defineKind({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  scope: "Cluster",
  doc: "Asks who the one who asks is to the server (`kubectl auth whoami`).",
  verbs: ["create"],
  schema: s.struct("authentication/v1.SelfSubjectReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    status: s.object(2, SelfSubjectReviewStatus),
  }),
});

export interface SelfSubjectReview extends ObjectOf<typeof SelfSubjectReview> {}
