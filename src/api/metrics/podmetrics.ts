import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ContainerMetrics = s.struct("metrics/v1beta1.ContainerMetrics", {
  name: s.string(1, { required: true }),
  usage: s.map(2, "quantity", { required: true }),
});

export interface ContainerMetrics extends ValueOf<typeof ContainerMetrics> {}

export const PodMetrics = s.struct(
  "metrics/v1beta1.PodMetrics",
  {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    timestamp: s.time(2, { required: true }),
    window: s.duration(3, { required: true }),
    containers: s.list(4, ContainerMetrics, { required: true, listType: "atomic" }),
  },
  { doc: "What the containers of a pod used of CPU and memory in a short time." },
);

export interface PodMetrics extends ValueOf<typeof PodMetrics> {}
