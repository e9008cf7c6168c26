import { FieldSelectorRequirement, LabelSelectorRequirement } from "#api/meta/label-selector.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const FieldSelectorAttributes = s.struct("authorization/v1.FieldSelectorAttributes", {
  rawSelector: s.string(1),
  requirements: s.list(2, FieldSelectorRequirement, { listType: "atomic" }),
});

export interface FieldSelectorAttributes extends ValueOf<typeof FieldSelectorAttributes> {}

export const LabelSelectorAttributes = s.struct("authorization/v1.LabelSelectorAttributes", {
  rawSelector: s.string(1),
  requirements: s.list(2, LabelSelectorRequirement, { listType: "atomic" }),
});

export interface LabelSelectorAttributes extends ValueOf<typeof LabelSelectorAttributes> {}

export const NonResourceAttributes = s.struct("authorization/v1.NonResourceAttributes", {
  path: s.string(1),
  verb: s.string(2),
});

export interface NonResourceAttributes extends ValueOf<typeof NonResourceAttributes> {}

export const ResourceAttributes = s.struct("authorization/v1.ResourceAttributes", {
  namespace: s.string(1, { doc: "Empty for all namespaces, and for what is in none." }),
  verb: s.string(2, { doc: "As in get, list, create; `*` for all." }),
  group: s.string(3),
  version: s.string(4),
  resource: s.string(5),
  subresource: s.string(6),
  name: s.string(7),
  fieldSelector: s.object(8, FieldSelectorAttributes, { optional: true }),
  labelSelector: s.object(9, LabelSelectorAttributes, { optional: true }),
});

export interface ResourceAttributes extends ValueOf<typeof ResourceAttributes> {}

export const SubjectAccessReviewSpec = s.struct("authorization/v1.SubjectAccessReviewSpec", {
  resourceAttributes: s.object(1, ResourceAttributes, { optional: true }),
  nonResourceAttributes: s.object(2, NonResourceAttributes, { optional: true }),
  user: s.string(3, { doc: "Who wants to do it; without groups, a user in no group." }),
  groups: s.list(4, "string", { listType: "atomic" }),
  extra: s.map(5, "wrappedStrings"),
  uid: s.string(6),
});

export interface SubjectAccessReviewSpec extends ValueOf<typeof SubjectAccessReviewSpec> {}

export const SubjectAccessReviewStatus = s.struct("authorization/v1.SubjectAccessReviewStatus", {
  allowed: s.boolean(1, { required: true, doc: "Whether it may be done." }),
  denied: s.boolean(4, { doc: "Nobody else has to be asked: it may not be done." }),
  reason: s.string(2),
  evaluationError: s.string(3),
});

export interface SubjectAccessReviewStatus extends ValueOf<typeof SubjectAccessReviewStatus> {}
