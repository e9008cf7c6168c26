import { nameColumn } from "#api/columns.ts";
import { findCondition } from "#api/meta/conditions.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ComponentCondition = s.struct("core/v1.ComponentCondition", {
  type: s.string(1, { doc: "Healthy.", required: true }),
  status: s.string(2, { doc: "True, False or Unknown.", required: true }),
  message: s.string(3, { doc: "What is known." }),
  error: s.string(4, { doc: "What is wrong." }),
});

export interface ComponentCondition extends ValueOf<typeof ComponentCondition> {}

export const ComponentStatus = defineKind({
  group: "",
  version: "v1",
  kind: "ComponentStatus",
  doc: "Whether a part of the control plane answers. Deprecated: look at the health endpoints instead.",
  plural: "componentstatuses",
  shortNames: ["cs"],
  scope: "Cluster",
  verbs: ["get", "list"],
  deprecated: { since: "1.19" },
  schema: s.struct("core/v1.ComponentStatus", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    conditions: s.list(2, ComponentCondition, {
      doc: "What is known of it.",
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
  }),
  columns: [
    nameColumn,
    {
      name: "Status",
      type: "string",
      doc: "Whether it is healthy.",
      cell: ({ conditions }) => healthText(findCondition(conditions, "Healthy")?.status),
    },
    {
      name: "Message",
      type: "string",
      doc: "What it says.",
      cell: ({ conditions }) => findCondition(conditions, "Healthy")?.message ?? "",
    },
    {
      name: "Error",
      type: "string",
      doc: "What is wrong.",
      cell: ({ conditions }) => findCondition(conditions, "Healthy")?.error ?? "",
    },
  ],
});

export interface ComponentStatus extends ObjectOf<typeof ComponentStatus> {}

function healthText(status: string | undefined): string {
  if (status === undefined) return "Unknown";
  return status === "True" ? "Healthy" : "Unhealthy";
}
