import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const NodeMetrics = s.struct(
  "metrics/v1beta1.NodeMetrics",
  {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    timestamp: s.time(2, { required: true }),
    window: s.duration(3, { required: true }),
    usage: s.map(4, "quantity", { required: true }),
  },
  { doc: "What a node used of CPU and memory in a short time." },
);

export interface NodeMetrics extends ValueOf<typeof NodeMetrics> {}
