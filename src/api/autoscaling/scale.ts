import { ageColumn } from "#api/columns.ts";
import { nonNegative } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ScaleSpec = s.struct("autoscaling/v1.ScaleSpec", {
  replicas: s.int32(1, { default: 0 }),
});

export interface ScaleSpec extends ValueOf<typeof ScaleSpec> {}

export const ScaleStatus = s.struct("autoscaling/v1.ScaleStatus", {
  replicas: s.int32(1, { required: true }),
  selector: s.string(2),
});

export interface ScaleStatus extends ValueOf<typeof ScaleStatus> {}

export const Scale = defineKind({
  group: "autoscaling",
  version: "v1",
  kind: "Scale",
  plural: "scales",
  scope: "Namespaced",
  verbs: [],
  doc: "How many replicas a workload should have and has: what its `scale` subresource shows and takes.",
  schema: s.struct("autoscaling/v1.Scale", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ScaleSpec),
    status: s.object(3, ScaleStatus),
  }),

  validate: ({ spec }) => nonNegative("spec.replicas", spec.replicas),

  columns: [
    { name: "Name", type: "string", cell: ({ metadata }) => metadata.name ?? "" },
    { name: "Desired", type: "integer", cell: ({ spec }) => spec.replicas ?? 0 },
    { name: "Available", type: "integer", cell: ({ status }) => status.replicas },
    ageColumn,
  ],
});

export interface Scale extends ObjectOf<typeof Scale> {}
