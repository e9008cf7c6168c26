/** The metrics and conditions of autoscaling/v1: flat, and kept in annotations of the object. */
import { LabelSelector } from "#api/meta/label-selector.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const ContainerResourceMetricSource = s.struct(
  "autoscaling/v1.ContainerResourceMetricSource",
  {
    name: s.string(1, { required: true }),
    targetAverageUtilization: s.int32(2, { optional: true }),
    targetAverageValue: s.quantity(3, { optional: true }),
    container: s.string(5, { required: true }),
  },
);

export interface ContainerResourceMetricSource extends ValueOf<
  typeof ContainerResourceMetricSource
> {}

export const ContainerResourceMetricStatus = s.struct(
  "autoscaling/v1.ContainerResourceMetricStatus",
  {
    name: s.string(1, { required: true }),
    currentAverageUtilization: s.int32(2, { optional: true }),
    currentAverageValue: s.quantity(3, { required: true }),
    container: s.string(4, { required: true }),
  },
);

export interface ContainerResourceMetricStatus extends ValueOf<
  typeof ContainerResourceMetricStatus
> {}

export const CrossVersionObjectReference = s.struct(
  "autoscaling/v1.CrossVersionObjectReference",
  {
    kind: s.string(1, { required: true }),
    name: s.string(2, { required: true }),
    apiVersion: s.string(3),
  },
  { atomic: true },
);

export interface CrossVersionObjectReference extends ValueOf<typeof CrossVersionObjectReference> {}

export const ExternalMetricSource = s.struct("autoscaling/v1.ExternalMetricSource", {
  metricName: s.string(1, { required: true }),
  metricSelector: s.object(2, LabelSelector, { optional: true }),
  targetValue: s.quantity(3, { optional: true }),
  targetAverageValue: s.quantity(4, { optional: true }),
});

export interface ExternalMetricSource extends ValueOf<typeof ExternalMetricSource> {}

export const ExternalMetricStatus = s.struct("autoscaling/v1.ExternalMetricStatus", {
  metricName: s.string(1, { required: true }),
  metricSelector: s.object(2, LabelSelector, { optional: true }),
  currentValue: s.quantity(3, { required: true }),
  currentAverageValue: s.quantity(4, { optional: true }),
});

export interface ExternalMetricStatus extends ValueOf<typeof ExternalMetricStatus> {}

export const HorizontalPodAutoscalerCondition = s.struct(
  "autoscaling/v1.HorizontalPodAutoscalerCondition",
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

export const ObjectMetricSource = s.struct("autoscaling/v1.ObjectMetricSource", {
  target: s.object(1, CrossVersionObjectReference, { required: true }),
  metricName: s.string(2, { required: true }),
  targetValue: s.quantity(3, { required: true }),
  selector: s.object(4, LabelSelector, { optional: true }),
  averageValue: s.quantity(5, { optional: true }),
});

export interface ObjectMetricSource extends ValueOf<typeof ObjectMetricSource> {}

export const PodsMetricSource = s.struct("autoscaling/v1.PodsMetricSource", {
  metricName: s.string(1, { required: true }),
  targetAverageValue: s.quantity(2, { required: true }),
  selector: s.object(3, LabelSelector, { optional: true }),
});

export interface PodsMetricSource extends ValueOf<typeof PodsMetricSource> {}

export const ResourceMetricSource = s.struct("autoscaling/v1.ResourceMetricSource", {
  name: s.string(1, { required: true }),
  targetAverageUtilization: s.int32(2, { optional: true }),
  targetAverageValue: s.quantity(3, { optional: true }),
});

export interface ResourceMetricSource extends ValueOf<typeof ResourceMetricSource> {}

export const MetricSpec = s.struct("autoscaling/v1.MetricSpec", {
  type: s.oneOf(1, ["ContainerResource", "External", "Object", "Pods", "Resource"], {
    required: true,
  }),
  object: s.object(2, ObjectMetricSource, { optional: true }),
  pods: s.object(3, PodsMetricSource, { optional: true }),
  resource: s.object(4, ResourceMetricSource, { optional: true }),
  containerResource: s.object(7, ContainerResourceMetricSource, { optional: true }),
  external: s.object(5, ExternalMetricSource, { optional: true }),
});

export interface MetricSpec extends ValueOf<typeof MetricSpec> {}

export const ObjectMetricStatus = s.struct("autoscaling/v1.ObjectMetricStatus", {
  target: s.object(1, CrossVersionObjectReference, { required: true }),
  metricName: s.string(2, { required: true }),
  currentValue: s.quantity(3, { required: true }),
  selector: s.object(4, LabelSelector, { optional: true }),
  averageValue: s.quantity(5, { optional: true }),
});

export interface ObjectMetricStatus extends ValueOf<typeof ObjectMetricStatus> {}

export const PodsMetricStatus = s.struct("autoscaling/v1.PodsMetricStatus", {
  metricName: s.string(1, { required: true }),
  currentAverageValue: s.quantity(2, { required: true }),
  selector: s.object(3, LabelSelector, { optional: true }),
});

export interface PodsMetricStatus extends ValueOf<typeof PodsMetricStatus> {}

export const ResourceMetricStatus = s.struct("autoscaling/v1.ResourceMetricStatus", {
  name: s.string(1, { required: true }),
  currentAverageUtilization: s.int32(2, { optional: true }),
  currentAverageValue: s.quantity(3, { required: true }),
});

export interface ResourceMetricStatus extends ValueOf<typeof ResourceMetricStatus> {}

export const MetricStatus = s.struct("autoscaling/v1.MetricStatus", {
  type: s.oneOf(1, ["ContainerResource", "External", "Object", "Pods", "Resource"], {
    required: true,
  }),
  object: s.object(2, ObjectMetricStatus, { optional: true }),
  pods: s.object(3, PodsMetricStatus, { optional: true }),
  resource: s.object(4, ResourceMetricStatus, { optional: true }),
  containerResource: s.object(7, ContainerResourceMetricStatus, { optional: true }),
  external: s.object(5, ExternalMetricStatus, { optional: true }),
});

export interface MetricStatus extends ValueOf<typeof MetricStatus> {}
