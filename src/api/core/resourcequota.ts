import { ageColumn, nameColumn } from "#api/columns.ts";
import { quotaText } from "./resourcequota-columns.ts";
import {
  quotaScopes,
  validateQuota,
  validateQuotaStatus,
  validateQuotaUpdate,
} from "./resourcequota-validation.ts";
import { roundUpToMilli } from "./resource-amounts.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ScopedResourceSelectorRequirement = s.struct(
  "core/v1.ScopedResourceSelectorRequirement",
  {
    scopeName: s.oneOf(1, quotaScopes, {
      doc: "The scope.",
      required: true,
      checkedByOwner: true,
    }),
    operator: s.oneOf(2, ["DoesNotExist", "Exists", "In", "NotIn"], {
      doc: "In, NotIn, Exists or DoesNotExist.",
      required: true,
      checkedByOwner: true,
    }),
    values: s.list(3, "string", { doc: "For In and NotIn; else empty.", listType: "atomic" }),
  },
);

export interface ScopedResourceSelectorRequirement extends ValueOf<
  typeof ScopedResourceSelectorRequirement
> {}

export const ScopeSelector = s.struct(
  "core/v1.ScopeSelector",
  {
    matchExpressions: s.list(1, ScopedResourceSelectorRequirement, {
      doc: "What must hold for a pod to count.",
      listType: "atomic",
    }),
  },
  { atomic: true },
);

export interface ScopeSelector extends ValueOf<typeof ScopeSelector> {}

export const ResourceQuotaSpec = s.struct(
  "core/v1.ResourceQuotaSpec",
  {
    hard: s.map(1, "quantity", { doc: "The most of each resource." }),
    scopes: s.list(
      2,
      { oneOf: quotaScopes },
      {
        doc: "Which objects count; all of these must fit.",
        listType: "atomic",
        checkedByOwner: true,
      },
    ),
    scopeSelector: s.object(3, ScopeSelector, {
      doc: "Which objects count, by scope and value.",
      optional: true,
    }),
  },
  {
    defaults(draft): void {
      roundUpToMilli(draft.hard);
    },
  },
);

export interface ResourceQuotaSpec extends ValueOf<typeof ResourceQuotaSpec> {}

export const ResourceQuotaStatus = s.struct(
  "core/v1.ResourceQuotaStatus",
  {
    hard: s.map(1, "quantity", { doc: "The limits in force." }),
    used: s.map(2, "quantity", { doc: "What is used now." }),
  },
  {
    defaults(draft): void {
      roundUpToMilli(draft.hard);
      roundUpToMilli(draft.used);
    },
  },
);

export interface ResourceQuotaStatus extends ValueOf<typeof ResourceQuotaStatus> {}

export const ResourceQuota = defineKind({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  doc: "How much of each resource the objects of a namespace may use together.",
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
  columns: [
    nameColumn,
    {
      name: "Request",
      type: "string",
      doc: "What is requested, of what may be.",
      cell: ({ status }) => quotaText(status, false),
    },
    {
      name: "Limit",
      type: "string",
      doc: "What is limited, of what may be.",
      cell: ({ status }) => quotaText(status, true),
    },
    ageColumn,
  ],
  validate: (quota): Iterable<FieldError> => validateQuota(quota),
  validateUpdate: (quota, old): Iterable<FieldError> => validateQuotaUpdate(quota, old),
  status: { validate: (quota): Iterable<FieldError> => validateQuotaStatus(quota) },
});

export interface ResourceQuota extends ObjectOf<typeof ResourceQuota> {}
