import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const NonResourceRule = s.struct("authorization/v1.NonResourceRule", {
  verbs: s.list(1, "string", { required: true, listType: "atomic" }),
  nonResourceURLs: s.list(2, "string", { listType: "atomic" }),
});

export interface NonResourceRule extends ValueOf<typeof NonResourceRule> {}

export const ResourceRule = s.struct("authorization/v1.ResourceRule", {
  verbs: s.list(1, "string", { required: true, listType: "atomic" }),
  apiGroups: s.list(2, "string", { listType: "atomic" }),
  resources: s.list(3, "string", { listType: "atomic" }),
  resourceNames: s.list(4, "string", { listType: "atomic" }),
});

export interface ResourceRule extends ValueOf<typeof ResourceRule> {}

export const SelfSubjectRulesReviewSpec = s.struct("authorization/v1.SelfSubjectRulesReviewSpec", {
  namespace: s.string(1, { doc: "The namespace to ask about; it cannot be left out." }),
});

export interface SelfSubjectRulesReviewSpec extends ValueOf<typeof SelfSubjectRulesReviewSpec> {}

export const SubjectRulesReviewStatus = s.struct("authorization/v1.SubjectRulesReviewStatus", {
  resourceRules: s.list(1, ResourceRule, { required: true, listType: "atomic" }),
  nonResourceRules: s.list(2, NonResourceRule, { required: true, listType: "atomic" }),
  incomplete: s.boolean(3, { required: true }),
  evaluationError: s.string(4),
});

export interface SubjectRulesReviewStatus extends ValueOf<typeof SubjectRulesReviewStatus> {}

export const SelfSubjectRulesReview = defineKind({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  scope: "Cluster",
  doc: "Asks for all that the one who asks may do in one namespace. The list is for showing, not for deciding.",
  verbs: ["create"],
  schema: s.struct("authorization/v1.SelfSubjectRulesReview", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, SelfSubjectRulesReviewSpec, { required: true }),
    status: s.object(3, SubjectRulesReviewStatus),
  }),
});

export interface SelfSubjectRulesReview extends ObjectOf<typeof SelfSubjectRulesReview> {}
