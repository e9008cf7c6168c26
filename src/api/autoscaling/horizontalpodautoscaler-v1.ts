/**
 * autoscaling/v1: the same autoscalers, with a target for the use of CPU only. Everything else
 * that v2 can say travels in annotations, so that nothing is lost on the way through a v1 client.
 * upstream: pkg/apis/autoscaling/v1/conversion.go
 */
import type { AlsoServed } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { draftOf } from "#schema/copy.ts";
import { type Draft, s, typeMeta, type ValueOf } from "#schema/struct.ts";
import type { HorizontalPodAutoscaler as Stored } from "./horizontalpodautoscaler.ts";
import { defaultMetrics, type MetricSpec, type MetricStatus } from "./metrics.ts";
import { CrossVersionObjectReference } from "./metrics-v1.ts";
import { annotationsOf, readAnnotations, withoutAnnotations } from "./v1-annotations.ts";

export const HorizontalPodAutoscalerSpec = s.struct(
  "autoscaling/v1.HorizontalPodAutoscalerSpec",
  {
    scaleTargetRef: s.object(1, CrossVersionObjectReference, { required: true }),
    minReplicas: s.int32(2, { optional: true }),
    maxReplicas: s.int32(3, { required: true }),
    targetCPUUtilizationPercentage: s.int32(4, {
      optional: true,
      doc: "The mean use of CPU of the pods should be this, in percent of what they request.",
    }),
  },
  {
    defaults(draft) {
      draft.minReplicas ??= 1;
    },
  },
);

export interface HorizontalPodAutoscalerSpec extends ValueOf<typeof HorizontalPodAutoscalerSpec> {}

export const HorizontalPodAutoscalerStatus = s.struct(
  "autoscaling/v1.HorizontalPodAutoscalerStatus",
  {
    observedGeneration: s.int64(1, { optional: true }),
    lastScaleTime: s.time(2, { optional: true }),
    currentReplicas: s.int32(3, { required: true }),
    desiredReplicas: s.int32(4, { required: true }),
    currentCPUUtilizationPercentage: s.int32(5, { optional: true }),
  },
);

export interface HorizontalPodAutoscalerStatus extends ValueOf<
  typeof HorizontalPodAutoscalerStatus
> {}

export const HorizontalPodAutoscaler = s.struct("autoscaling/v1.HorizontalPodAutoscaler", {
  ...typeMeta,
  metadata: s.object(1, ObjectMeta),
  spec: s.object(2, HorizontalPodAutoscalerSpec, { required: true }),
  status: s.object(3, HorizontalPodAutoscalerStatus),
});

export interface HorizontalPodAutoscaler extends ValueOf<typeof HorizontalPodAutoscaler> {}

function toStored(draft: Draft<HorizontalPodAutoscaler>): Draft<Stored> {
  const { metadata, spec, status } = draft;
  const aside = readAnnotations(metadata.annotations);
  const metrics = [...(aside.metrics ?? []), ...cpuMetric(spec.targetCPUUtilizationPercentage)];
  return {
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v2",
    metadata: withMetadata(metadata, withoutAnnotations(metadata.annotations)),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      metrics: metrics.length > 0 ? metrics : draftOf([...defaultMetrics]),
      ...(aside.behavior && { behavior: aside.behavior }),
    },
    status: {
      ...timesOf(status),
      ...(status.currentReplicas !== 0 && { currentReplicas: status.currentReplicas }),
      desiredReplicas: status.desiredReplicas,
      currentMetrics: aside.currentMetrics ?? cpuStatus(status.currentCPUUtilizationPercentage),
      ...(aside.conditions && { conditions: aside.conditions }),
    },
  } as Draft<Stored>;
}

function fromStored(object: Stored): Draft<HorizontalPodAutoscaler> {
  const { metadata, spec, status } = object;
  const annotations = { ...withoutAnnotations(metadata.annotations), ...annotationsOf(object) };
  const target = spec.metrics?.find(isCpu)?.resource?.target.averageUtilization;
  const current = status.currentMetrics.find(isCpu)?.resource?.current.averageUtilization;
  return {
    kind: "HorizontalPodAutoscaler",
    apiVersion: "autoscaling/v1",
    metadata: withMetadata(metadata, Object.keys(annotations).length > 0 ? annotations : undefined),
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
      maxReplicas: spec.maxReplicas,
      ...(target !== undefined && { targetCPUUtilizationPercentage: target }),
    },
    status: {
      ...timesOf(status),
      currentReplicas: status.currentReplicas ?? 0,
      desiredReplicas: status.desiredReplicas,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  };
}

const isCpu = ({ type, resource }: MetricSpec | MetricStatus): boolean =>
  type === "Resource" && resource?.name === "cpu";

interface Times {
  readonly observedGeneration?: number | undefined;
  readonly lastScaleTime?: string | undefined;
}

const timesOf = ({ observedGeneration, lastScaleTime }: Times): Times => ({
  ...(observedGeneration !== undefined && { observedGeneration }),
  ...(lastScaleTime !== undefined && { lastScaleTime }),
});

/** The same metadata in the same order, with other annotations. */
function withMetadata(
  metadata: ObjectMeta,
  annotations: Record<string, string> | undefined,
): Draft<ObjectMeta> {
  const names = Object.keys(ObjectMeta.fields) as (keyof ObjectMeta)[];
  const changed: ObjectMeta = { ...metadata, annotations };
  return Object.fromEntries(
    names.flatMap((name) => (changed[name] === undefined ? [] : [[name, changed[name]]])),
  ) as Draft<ObjectMeta>;
}

const cpuMetric = (averageUtilization: number | undefined): MetricSpec[] =>
  averageUtilization === undefined
    ? []
    : [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
        },
      ];

const cpuStatus = (averageUtilization: number | undefined): MetricStatus[] =>
  averageUtilization === undefined
    ? []
    : [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization } } }];

export const autoscalingV1: AlsoServed = {
  group: "autoscaling",
  version: "v1",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  doc: "Changes the replicas of a workload so that its use of CPU stays near a target.",
  hash: "qwQve8ut294=",
  schema: HorizontalPodAutoscaler,
  toStored,
  fromStored,
};
