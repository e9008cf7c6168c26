/**
 * Metrics between their flat form in autoscaling/v1 and the nested one in v2.
 * upstream: pkg/apis/autoscaling/v1/conversion.go
 */
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from "./metrics.ts";
import type { MetricSpec as MetricSpecV1, MetricStatus as MetricStatusV1 } from "./metrics-v1.ts";

/** Leaves out what is undefined: canonical objects have no such keys. */
const compact = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

const identifier = (name: string, selector: MetricIdentifierSelector) =>
  compact({ name, selector });

type MetricIdentifierSelector = NonNullable<MetricSpec["pods"]>["metric"]["selector"];

export function metricToV1(metric: MetricSpec): MetricSpecV1 {
  const { object, pods, resource, containerResource, external } = metric;
  return compact({
    type: metric.type as MetricSpecV1["type"],
    object:
      object &&
      compact({
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? "0",
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      compact({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? "0",
        selector: pods.metric.selector,
      }),
    resource: resource && compact({ name: resource.name, ...targetsToV1(resource.target) }),
    containerResource:
      containerResource &&
      compact({
        name: containerResource.name,
        ...targetsToV1(containerResource.target),
        container: containerResource.container,
      }),
    external:
      external &&
      compact({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

const targetsToV1 = ({ averageUtilization, averageValue }: MetricTarget) => ({
  targetAverageUtilization: averageUtilization,
  targetAverageValue: averageValue,
});

export function metricFromV1(metric: MetricSpecV1): MetricSpec {
  const { object, pods, resource, containerResource, external } = metric;
  return compact({
    type: metric.type,
    object: object && {
      describedObject: object.target,
      target: compact({
        type: object.averageValue === undefined ? "Value" : "AverageValue",
        value: object.targetValue,
        averageValue: object.averageValue,
      }),
      metric: identifier(object.metricName, object.selector),
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      target: { type: "AverageValue", averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: targetFromV1(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      target: targetFromV1(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      target: compact({
        type: external.targetValue === undefined ? "AverageValue" : "Value",
        value: external.targetValue,
        averageValue: external.targetAverageValue,
      }),
    },
  });
}

interface TargetsV1 {
  readonly targetAverageUtilization?: number | undefined;
  readonly targetAverageValue?: string | undefined;
}

const targetFromV1 = ({ targetAverageUtilization, targetAverageValue }: TargetsV1): MetricTarget =>
  compact({
    type: targetAverageUtilization === undefined ? "AverageValue" : "Utilization",
    averageValue: targetAverageValue,
    averageUtilization: targetAverageUtilization,
  });

export function metricStatusToV1(metric: MetricStatus): MetricStatusV1 {
  const { object, pods, resource, containerResource, external } = metric;
  return compact({
    type: metric.type as MetricStatusV1["type"],
    object:
      object &&
      compact({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? "0",
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      compact({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? "0",
        selector: pods.metric.selector,
      }),
    resource: resource && compact({ name: resource.name, ...currentToV1(resource.current) }),
    containerResource:
      containerResource &&
      compact({
        name: containerResource.name,
        ...currentToV1(containerResource.current),
        container: containerResource.container,
      }),
    external:
      external &&
      compact({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? "0",
        currentAverageValue: external.current.averageValue,
      }),
  });
}

const currentToV1 = ({ averageUtilization, averageValue }: MetricValueStatus) => ({
  currentAverageUtilization: averageUtilization,
  currentAverageValue: averageValue ?? "0",
});

export function metricStatusFromV1(metric: MetricStatusV1): MetricStatus {
  const { object, pods, resource, containerResource, external } = metric;
  return compact({
    type: metric.type,
    object: object && {
      metric: identifier(object.metricName, object.selector),
      current: compact({ value: object.currentValue, averageValue: object.averageValue }),
      describedObject: object.target,
    },
    pods: pods && {
      metric: identifier(pods.metricName, pods.selector),
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: currentFromV1(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      current: currentFromV1(containerResource),
      container: containerResource.container,
    },
    external: external && {
      metric: identifier(external.metricName, external.metricSelector),
      current: compact({
        value: external.currentValue,
        averageValue: external.currentAverageValue,
      }),
    },
  });
}

interface CurrentV1 {
  readonly currentAverageUtilization?: number | undefined;
  readonly currentAverageValue: string;
}

const currentFromV1 = (current: CurrentV1): MetricValueStatus =>
  compact({
    averageValue: current.currentAverageValue,
    averageUtilization: current.currentAverageUtilization,
  });
