import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ScopedResourceSelectorRequirement = s.struct(
  "core/v1.ScopedResourceSelectorRequirement",
  {
    scopeName: s.oneOf(
      1,
      [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
      ],
      { required: true },
    ),
    operator: s.oneOf(2, ["DoesNotExist", "Exists", "In", "NotIn"], { required: true }),
    values: s.list(3, "string", { listType: "atomic" }),
  },
);

export interface ScopedResourceSelectorRequirement extends ValueOf<
  typeof ScopedResourceSelectorRequirement
> {}

export const ScopeSelector = s.struct(
  "core/v1.ScopeSelector",
  {
    matchExpressions: s.list(1, ScopedResourceSelectorRequirement, { listType: "atomic" }),
  },
  { atomic: true },
);

export interface ScopeSelector extends ValueOf<typeof ScopeSelector> {}

export const ResourceQuotaSpec = s.struct("core/v1.ResourceQuotaSpec", {
  hard: s.map(1, "quantity"),
  scopes: s.list(
    2,
    {
      oneOf: [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
      ],
    },
    { listType: "atomic" },
  ),
  scopeSelector: s.object(3, ScopeSelector, { optional: true }),
});

export interface ResourceQuotaSpec extends ValueOf<typeof ResourceQuotaSpec> {}

export const ResourceQuotaStatus = s.struct("core/v1.ResourceQuotaStatus", {
  hard: s.map(1, "quantity"),
  used: s.map(2, "quantity"),
});

export interface ResourceQuotaStatus extends ValueOf<typeof ResourceQuotaStatus> {}

export const ResourceQuota = defineKind({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  shortNames: ["quota"],
  scope: "Namespaced",
  storage: { prefix: "/registry/resourcequotas", hash: "8uhSgffRX6w=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.ResourceQuota", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ResourceQuotaSpec),
    status: s.object(3, ResourceQuotaStatus),
  }),
  status: {},
});

export interface ResourceQuota extends ObjectOf<typeof ResourceQuota> {}
