import { ageColumn, nameColumn } from "#api/columns.ts";
import { namespaceName } from "#api/names.ts";
import { validateNamespace, validateNamespaceStatus } from "./namespace-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const NamespaceCondition = s.struct("core/v1.NamespaceCondition", {
  type: s.string(1, { doc: "What it is about.", required: true }),
  status: s.string(2, { doc: "True, False or Unknown.", required: true }),
  lastTransitionTime: s.time(4, { doc: "When the status changed last." }),
  reason: s.string(5, { doc: "Why, in one word for machines." }),
  message: s.string(6, { doc: "Why, for people." }),
});

export interface NamespaceCondition extends ValueOf<typeof NamespaceCondition> {}

export const NamespaceSpec = s.struct("core/v1.NamespaceSpec", {
  finalizers: s.list(1, "string", {
    doc: "Who must be done before it goes for good.",
    listType: "atomic",
  }),
});

export interface NamespaceSpec extends ValueOf<typeof NamespaceSpec> {}

export const NamespaceStatus = s.struct(
  "core/v1.NamespaceStatus",
  {
    phase: s.oneOf(1, ["Active", "Terminating"], {
      doc: "Active or Terminating.",
      checkedByOwner: true,
    }),
    conditions: s.list(2, NamespaceCondition, {
      doc: "What is in the way of its deletion.",
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
  },
  {
    defaults(draft): void {
      draft.phase ||= "Active";
    },
  },
);

export interface NamespaceStatus extends ValueOf<typeof NamespaceStatus> {}

export const Namespace = defineKind({
  group: "",
  version: "v1",
  kind: "Namespace",
  doc: "A part of the cluster with names, rights and quotas of its own.",
  plural: "namespaces",
  shortNames: ["ns"],
  scope: "Cluster",
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  storage: { prefix: "/registry/namespaces", hash: "Q3oi5N2YM8M=" },
  schema: s.struct(
    "core/v1.Namespace",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      spec: s.object(2, NamespaceSpec),
      status: s.object(3, NamespaceStatus),
    },
    {
      defaults({ metadata }): void {
        const { name } = metadata;
        if (!name || metadata.labels?.["kubernetes.io/metadata.name"] === name) return;
        const labels = { ...metadata.labels, "kubernetes.io/metadata.name": name };
        metadata.labels = Object.fromEntries(
          Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        );
      },
    },
  ),
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      doc: "Whether it is being deleted.",
      cell: ({ status }) => status.phase ?? "",
    },
    ageColumn,
  ],
  selectableFields: { "status.phase": ({ status }) => status.phase ?? "" },
  nameRule: namespaceName,
  prepareForCreate(draft): void {
    draft.status = { phase: "Active" };
    const finalizers = draft.spec.finalizers ?? [];
    if (!finalizers.includes("kubernetes")) draft.spec.finalizers = [...finalizers, "kubernetes"];
  },
  prepareForUpdate(draft, old): void {
    // Only the finalize subresource changes them.
    draft.spec = { ...old.spec } as typeof draft.spec;
  },
  isHeld: ({ spec }) => (spec.finalizers?.length ?? 0) > 0,
  prepareForDelete(draft): void {
    draft.status.phase = "Terminating";
  },
  validate: (namespace): Iterable<FieldError> => validateNamespace(namespace),
  status: { validate: (namespace): Iterable<FieldError> => validateNamespaceStatus(namespace) },
});

export interface Namespace extends ObjectOf<typeof Namespace> {}
