import { s, type ValueOf } from "#schema/struct.ts";

export const PolicyRule = s.struct("rbac/v1.PolicyRule", {
  verbs: s.list(1, "string", { required: true, listType: "atomic" }),
  apiGroups: s.list(2, "string", { listType: "atomic" }),
  resources: s.list(3, "string", { listType: "atomic" }),
  resourceNames: s.list(4, "string", { listType: "atomic" }),
  nonResourceURLs: s.list(5, "string", { listType: "atomic" }),
});

export interface PolicyRule extends ValueOf<typeof PolicyRule> {}

export const RoleRef = s.struct(
  "rbac/v1.RoleRef",
  {
    apiGroup: s.string(1, { always: true }),
    kind: s.string(2, { required: true }),
    name: s.string(3, { required: true }),
  },
  { atomic: true },
);

export interface RoleRef extends ValueOf<typeof RoleRef> {}

export const Subject = s.struct(
  "rbac/v1.Subject",
  {
    kind: s.string(1, { required: true }),
    apiGroup: s.string(2),
    name: s.string(3, { required: true }),
    namespace: s.string(4),
  },
  { atomic: true },
);

export interface Subject extends ValueOf<typeof Subject> {}
