import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const MetricTarget = s.struct("autoscaling/v2.MetricTarget", {
  type: s.string(1, { required: true }),
  value: s.quantity(2, { optional: true }),
  averageValue: s.quantity(3, { optional: true }),
  averageUtilization: s.int32(4, { optional: true }),
});

export interface MetricTarget extends ValueOf<typeof MetricTarget> {}

export const ContainerResourceMetricSource = s.struct(
  "autoscaling/v2.ContainerResourceMetricSource",
  {
    name: s.string(1, { required: true }),
    target: s.object(2, MetricTarget, { required: true }),
    container: s.string(3, { required: true }),
  },
);

export interface ContainerResourceMetricSource extends ValueOf<
  typeof ContainerResourceMetricSource
> {}

export const MetricValueStatus = s.struct("autoscaling/v2.MetricValueStatus", {
  value: s.quantity(1, { optional: true }),
  averageValue: s.quantity(2, { optional: true }),
  averageUtilization: s.int32(3, { optional: true }),
});

export interface MetricValueStatus extends ValueOf<typeof MetricValueStatus> {}

export const ContainerResourceMetricStatus = s.struct(
  "autoscaling/v2.ContainerResourceMetricStatus",
  {
    name: s.string(1, { required: true }),
    current: s.object(2, MetricValueStatus, { required: true }),
    container: s.string(3, { required: true }),
  },
);

export interface ContainerResourceMetricStatus extends ValueOf<
  typeof ContainerResourceMetricStatus
> {}

export const CrossVersionObjectReference = s.struct("autoscaling/v2.CrossVersionObjectReference", {
  kind: s.string(1, { required: true }),
  name: s.string(2, { required: true }),
  apiVersion: s.string(3),
});

export interface CrossVersionObjectReference extends ValueOf<typeof CrossVersionObjectReference> {}

export const MetricIdentifier = s.struct("autoscaling/v2.MetricIdentifier", {
  name: s.string(1, { required: true }),
  selector: s.object(2, LabelSelector, { optional: true }),
});

export interface MetricIdentifier extends ValueOf<typeof MetricIdentifier> {}

export const ExternalMetricSource = s.struct("autoscaling/v2.ExternalMetricSource", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  target: s.object(2, MetricTarget, { required: true }),
});

export interface ExternalMetricSource extends ValueOf<typeof ExternalMetricSource> {}

export const ExternalMetricStatus = s.struct("autoscaling/v2.ExternalMetricStatus", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
});

export interface ExternalMetricStatus extends ValueOf<typeof ExternalMetricStatus> {}

export const HPAScalingPolicy = s.struct("autoscaling/v2.HPAScalingPolicy", {
  type: s.string(1, { required: true }),
  value: s.int32(2, { required: true }),
  periodSeconds: s.int32(3, { required: true }),
});

export interface HPAScalingPolicy extends ValueOf<typeof HPAScalingPolicy> {}

export const HPAScalingRules = s.struct("autoscaling/v2.HPAScalingRules", {
  stabilizationWindowSeconds: s.int32(3, { optional: true }),
  selectPolicy: s.string(1, { optional: true }),
  policies: s.list(2, HPAScalingPolicy, { listType: "atomic" }),
  tolerance: s.quantity(4, { optional: true, gate: "HPAConfigurableTolerance" }),
});

export interface HPAScalingRules extends ValueOf<typeof HPAScalingRules> {}

export const HorizontalPodAutoscalerBehavior = s.struct(
  "autoscaling/v2.HorizontalPodAutoscalerBehavior",
  {
    scaleUp: s.object(1, HPAScalingRules, { optional: true }),
    scaleDown: s.object(2, HPAScalingRules, { optional: true }),
  },
);

export interface HorizontalPodAutoscalerBehavior extends ValueOf<
  typeof HorizontalPodAutoscalerBehavior
> {}

export const HorizontalPodAutoscalerCondition = s.struct(
  "autoscaling/v2.HorizontalPodAutoscalerCondition",
  {
    type: s.string(1, { required: true }),
    status: s.string(2, { required: true }),
    lastTransitionTime: s.time(3),
    reason: s.string(4),
    message: s.string(5),
  },
);

export interface HorizontalPodAutoscalerCondition extends ValueOf<
  typeof HorizontalPodAutoscalerCondition
> {}

export const ObjectMetricSource = s.struct("autoscaling/v2.ObjectMetricSource", {
  describedObject: s.object(1, CrossVersionObjectReference, { required: true }),
  target: s.object(2, MetricTarget, { required: true }),
  metric: s.object(3, MetricIdentifier, { required: true }),
});

export interface ObjectMetricSource extends ValueOf<typeof ObjectMetricSource> {}

export const PodsMetricSource = s.struct("autoscaling/v2.PodsMetricSource", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  target: s.object(2, MetricTarget, { required: true }),
});

export interface PodsMetricSource extends ValueOf<typeof PodsMetricSource> {}

export const ResourceMetricSource = s.struct("autoscaling/v2.ResourceMetricSource", {
  name: s.string(1, { required: true }),
  target: s.object(2, MetricTarget, { required: true }),
});

export interface ResourceMetricSource extends ValueOf<typeof ResourceMetricSource> {}

export const MetricSpec = s.struct("autoscaling/v2.MetricSpec", {
  type: s.string(1, { required: true }),
  object: s.object(2, ObjectMetricSource, { optional: true }),
  pods: s.object(3, PodsMetricSource, { optional: true }),
  resource: s.object(4, ResourceMetricSource, { optional: true }),
  containerResource: s.object(7, ContainerResourceMetricSource, { optional: true }),
  external: s.object(5, ExternalMetricSource, { optional: true }),
});

export interface MetricSpec extends ValueOf<typeof MetricSpec> {}

export const HorizontalPodAutoscalerSpec = s.struct("autoscaling/v2.HorizontalPodAutoscalerSpec", {
  scaleTargetRef: s.object(1, CrossVersionObjectReference, { required: true }),
  minReplicas: s.int32(2, { optional: true }),
  maxReplicas: s.int32(3, { required: true }),
  metrics: s.list(4, MetricSpec, { listType: "atomic" }),
  behavior: s.object(5, HorizontalPodAutoscalerBehavior, { optional: true }),
});

export interface HorizontalPodAutoscalerSpec extends ValueOf<typeof HorizontalPodAutoscalerSpec> {}

export const ObjectMetricStatus = s.struct("autoscaling/v2.ObjectMetricStatus", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
  describedObject: s.object(3, CrossVersionObjectReference, { required: true }),
});

export interface ObjectMetricStatus extends ValueOf<typeof ObjectMetricStatus> {}

export const PodsMetricStatus = s.struct("autoscaling/v2.PodsMetricStatus", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
});

export interface PodsMetricStatus extends ValueOf<typeof PodsMetricStatus> {}

export const ResourceMetricStatus = s.struct("autoscaling/v2.ResourceMetricStatus", {
  name: s.string(1, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
});

export interface ResourceMetricStatus extends ValueOf<typeof ResourceMetricStatus> {}

export const MetricStatus = s.struct("autoscaling/v2.MetricStatus", {
  type: s.string(1, { required: true }),
  object: s.object(2, ObjectMetricStatus, { optional: true }),
  pods: s.object(3, PodsMetricStatus, { optional: true }),
  resource: s.object(4, ResourceMetricStatus, { optional: true }),
  containerResource: s.object(7, ContainerResourceMetricStatus, { optional: true }),
  external: s.object(5, ExternalMetricStatus, { optional: true }),
});

export interface MetricStatus extends ValueOf<typeof MetricStatus> {}

export const HorizontalPodAutoscalerStatus = s.struct(
  "autoscaling/v2.HorizontalPodAutoscalerStatus",
  {
    observedGeneration: s.int64(1, { optional: true }),
    lastScaleTime: s.time(2, { optional: true }),
    currentReplicas: s.int32(3),
    desiredReplicas: s.int32(4, { required: true }),
    currentMetrics: s.list(5, MetricStatus, { always: true, listType: "atomic" }),
    conditions: s.list(6, HorizontalPodAutoscalerCondition, {
      listType: "map",
      keys: ["type"],
      patch: "merge",
      patchKey: "type",
    }),
  },
);

export interface HorizontalPodAutoscalerStatus extends ValueOf<
  typeof HorizontalPodAutoscalerStatus
> {}

export const HorizontalPodAutoscaler = defineKind({
  group: "autoscaling",
  version: "v2",
  kind: "HorizontalPodAutoscaler",
  plural: "horizontalpodautoscalers",
  shortNames: ["hpa"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/horizontalpodautoscalers", hash: "qwQve8ut294=" },
  schema: s.struct("autoscaling/v2.HorizontalPodAutoscaler", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, HorizontalPodAutoscalerSpec, { required: true }),
    status: s.object(3, HorizontalPodAutoscalerStatus),
  }),
  status: {},
});

export interface HorizontalPodAutoscaler extends ObjectOf<typeof HorizontalPodAutoscaler> {}
