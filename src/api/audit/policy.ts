import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const GroupResources = s.struct("audit/v1.GroupResources", {
  group: s.string(1),
  resources: s.list(2, "string", { listType: "atomic" }),
  resourceNames: s.list(3, "string", { listType: "atomic" }),
});

export interface GroupResources extends ValueOf<typeof GroupResources> {}

export const PolicyRule = s.struct("audit/v1.PolicyRule", {
  level: s.string(1, { required: true, doc: "None, Metadata, Request or RequestResponse." }),
  users: s.list(2, "string", { listType: "atomic" }),
  userGroups: s.list(3, "string", { listType: "atomic" }),
  verbs: s.list(4, "string", { listType: "atomic" }),
  resources: s.list(5, GroupResources, { listType: "atomic" }),
  namespaces: s.list(6, "string", { listType: "atomic" }),
  nonResourceURLs: s.list(7, "string", { listType: "atomic" }),
  omitStages: s.list(8, "string", { listType: "atomic" }),
  omitManagedFields: s.boolean(9, { optional: true }),
});

export interface PolicyRule extends ValueOf<typeof PolicyRule> {}

export const Policy = s.struct(
  "audit/v1.Policy",
  {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    rules: s.list(2, PolicyRule, {
      required: true,
      listType: "atomic",
      doc: "The first that fits a request decides.",
    }),
    omitStages: s.list(3, "string", { listType: "atomic" }),
    omitManagedFields: s.boolean(4),
  },
  { doc: "What of the requests is written to the audit log." },
);

export interface Policy extends ValueOf<typeof Policy> {}
