import { nameColumn } from "#api/columns.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { type Measured, usageColumns } from "./usage-columns.ts";

export const ContainerMetrics = s.struct("metrics/v1beta1.ContainerMetrics", {
  name: s.string(1, { required: true }),
  usage: s.map(2, "quantity", { required: true, doc: "On the average." }),
});

export interface ContainerMetrics extends ValueOf<typeof ContainerMetrics> {}

export const PodMetrics = defineKind({
  group: "metrics.k8s.io",
  version: "v1beta1",
  kind: "PodMetrics",
  plural: "pods",
  scope: "Namespaced",
  verbs: ["get", "list"],
  doc: "What the containers of a pod used of CPU and memory in a short time.",
  schema: s.struct("metrics/v1beta1.PodMetrics", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    timestamp: s.time(2, { required: true, doc: "When the time ended." }),
    window: s.duration(3, { required: true, doc: "How long it was." }),
    containers: s.list(4, ContainerMetrics, { required: true, listType: "atomic" }),
  }),
  columns: [
    nameColumn,
    ...usageColumns(
      ({ containers }: Measured & { readonly containers: readonly ContainerMetrics[] }) =>
        containers.map(({ usage }) => usage),
    ),
  ],
});

export interface PodMetrics extends ObjectOf<typeof PodMetrics> {}
