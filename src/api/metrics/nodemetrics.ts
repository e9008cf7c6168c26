import { nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta } from "#schema/struct.ts";
import { type Measured, type Usage, usageColumns } from "./usage-columns.ts";

export const NodeMetrics = defineKind({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "NodeMetrics",
  plural: "nodes",
  scope: "Cluster",
  verbs: ["get", "list"],
  doc: "What a node used of CPU and memory in a short time.",
  schema: s.struct("metrics/v1beta1.NodeMetrics", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    timestamp: s.time(2, { required: true, doc: "When the time ended." }),
    window: s.duration(3, { required: true, doc: "How long it was." }),
    usage: s.map(4, "quantity", { required: true, doc: "On the average." }),
  }),
  columns: [
    nameColumn,
    ...usageColumns(({ usage }: Measured & { readonly usage: Usage }) => [usage]),
  ],
});

export interface NodeMetrics extends ObjectOf<typeof NodeMetrics> {}
