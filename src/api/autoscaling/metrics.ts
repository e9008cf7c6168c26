/**
 * What a HorizontalPodAutoscaler looks at, what it wants to see, and what it saw.
 * upstream: pkg/apis/autoscaling/validation/validation.go#validateMetricSpec
 */
import { isStandardContainerResource } from "#api/core/resource-names.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import {
  dnsLabel,
  invalidEach,
  labelKey,
  type ObjectNameRule,
  pathSegmentName,
} from "#api/names.ts";
import { parseQuantity } from "#base/quantity.ts";
import {
  child,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from "#schema/field-error.ts";
import { s, type ValueOf } from "#schema/struct.ts";

export const CrossVersionObjectReference = s.struct(
  "autoscaling/v2.CrossVersionObjectReference",
  {
    kind: s.string(1, { required: true }),
    name: s.string(2, { required: true }),
    apiVersion: s.string(3),
  },
  {
    *validate({ kind, name }, at) {
      yield* segment(child(at, "kind"), kind);
      yield* segment(child(at, "name"), name);
    },
  },
);

export interface CrossVersionObjectReference extends ValueOf<typeof CrossVersionObjectReference> {}

function* segment(path: string, value: string, whenEmpty = ""): Iterable<FieldError> {
  const rule: ObjectNameRule = pathSegmentName;
  if (value === "") yield required(path, whenEmpty);
  else yield* invalidEach(path, value, rule(value, false));
}

const targetTypes: ReadonlySet<string> = new Set(["Utilization", "Value", "AverageValue"]);

export const MetricTarget = s.struct(
  "autoscaling/v2.MetricTarget",
  {
    type: s.string(1, { required: true, doc: "Utilization, Value or AverageValue." }),
    value: s.quantity(2, { optional: true, doc: "The metric itself should be this." }),
    averageValue: s.quantity(3, { optional: true, doc: "The metric per pod should be this." }),
    averageUtilization: s.int32(4, {
      optional: true,
      doc: "The mean use of the pods should be this, in percent of what they request.",
    }),
  },
  {
    *validate({ type, value, averageValue, averageUtilization }, at) {
      if (type === "") yield required(child(at, "type"), "must specify a metric target type");
      if (!targetTypes.has(type)) {
        yield invalid(
          child(at, "type"),
          type,
          "must be either Utilization, Value, or AverageValue",
        );
      }
      yield* positive(child(at, "value"), value);
      yield* positive(child(at, "averageValue"), averageValue);
      if (averageUtilization !== undefined && averageUtilization < 1) {
        yield invalid(
          child(at, "averageUtilization"),
          averageUtilization,
          "must be greater than 0",
        );
      }
    },
  },
);

export interface MetricTarget extends ValueOf<typeof MetricTarget> {}

function* positive(path: string, value: string | undefined): Iterable<FieldError> {
  if (value === undefined) return;
  if ((parseQuantity(value)?.sign() ?? 0) <= 0) yield invalid(path, value, "must be positive");
}

export const MetricValueStatus = s.struct("autoscaling/v2.MetricValueStatus", {
  value: s.quantity(1, { optional: true }),
  averageValue: s.quantity(2, { optional: true }),
  averageUtilization: s.int32(3, { optional: true }),
});

export interface MetricValueStatus extends ValueOf<typeof MetricValueStatus> {}

export const MetricIdentifier = s.struct(
  "autoscaling/v2.MetricIdentifier",
  {
    name: s.string(1, { required: true }),
    selector: s.object(2, LabelSelector, { optional: true }),
  },
  {
    *validate({ name }, at) {
      yield* segment(child(at, "name"), name, "must specify a metric name");
    },
  },
);

export interface MetricIdentifier extends ValueOf<typeof MetricIdentifier> {}

export const ContainerResourceMetricSource = s.struct(
  "autoscaling/v2.ContainerResourceMetricSource",
  {
    name: s.string(1, { required: true }),
    target: s.object(2, MetricTarget, { required: true }),
    container: s.string(3, { required: true }),
  },
  {
    *validate({ name, container, target }, at) {
      if (name === "") yield required(child(at, "name"), "must specify a resource name");
      else yield* containerResource(child(at, "name"), name);
      if (container === "") yield required(child(at, "container"), "must specify a container");
      else yield* invalidEach(child(at, "container"), container, dnsLabel(container));
      yield* utilizationOrValue(child(at, "target"), target);
    },
  },
);

export interface ContainerResourceMetricSource extends ValueOf<
  typeof ContainerResourceMetricSource
> {}

function* containerResource(path: string, name: string): Iterable<FieldError> {
  yield* invalidEach(path, name, labelKey(name));
  if (!name.includes("/") && !isStandardContainerResource(name)) {
    yield invalid(path, name, "must be a standard resource for containers");
  }
}

function* utilizationOrValue(path: string, target: MetricTarget): Iterable<FieldError> {
  const hasUtilization = target.averageUtilization !== undefined;
  const hasValue = target.averageValue !== undefined;
  if (!hasUtilization && !hasValue) {
    yield required(
      child(path, "averageUtilization"),
      "must set either a target raw value or a target utilization",
    );
  }
  if (hasUtilization && hasValue) {
    yield forbidden(
      child(path, "averageValue"),
      "may not set both a target raw value and a target utilization",
    );
  }
}

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

export const ExternalMetricSource = s.struct(
  "autoscaling/v2.ExternalMetricSource",
  {
    metric: s.object(1, MetricIdentifier, { required: true }),
    target: s.object(2, MetricTarget, { required: true }),
  },
  {
    *validate({ target }, at) {
      const path = child(at, "target");
      if (target.value === undefined && target.averageValue === undefined) {
        yield required(
          child(path, "averageValue"),
          "must set either a target value for metric or a per-pod target",
        );
      }
      if (target.value !== undefined && target.averageValue !== undefined) {
        yield forbidden(
          child(path, "value"),
          "may not set both a target value for metric and a per-pod target",
        );
      }
    },
  },
);

export interface ExternalMetricSource extends ValueOf<typeof ExternalMetricSource> {}

export const ExternalMetricStatus = s.struct("autoscaling/v2.ExternalMetricStatus", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
});

export interface ExternalMetricStatus extends ValueOf<typeof ExternalMetricStatus> {}

export const ObjectMetricSource = s.struct(
  "autoscaling/v2.ObjectMetricSource",
  {
    describedObject: s.object(1, CrossVersionObjectReference, { required: true }),
    target: s.object(2, MetricTarget, { required: true }),
    metric: s.object(3, MetricIdentifier, { required: true }),
  },
  {
    *validate({ target }, at) {
      if (target.value === undefined && target.averageValue === undefined) {
        yield required(
          child(child(at, "target"), "averageValue"),
          "must set either a target value or averageValue",
        );
      }
    },
  },
);

export interface ObjectMetricSource extends ValueOf<typeof ObjectMetricSource> {}

export const ObjectMetricStatus = s.struct("autoscaling/v2.ObjectMetricStatus", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
  describedObject: s.object(3, CrossVersionObjectReference, { required: true }),
});

export interface ObjectMetricStatus extends ValueOf<typeof ObjectMetricStatus> {}

export const PodsMetricSource = s.struct(
  "autoscaling/v2.PodsMetricSource",
  {
    metric: s.object(1, MetricIdentifier, { required: true }),
    target: s.object(2, MetricTarget, { required: true }),
  },
  {
    *validate({ target }, at) {
      if (target.averageValue === undefined) {
        yield required(
          child(child(at, "target"), "averageValue"),
          "must specify a positive target averageValue",
        );
      }
    },
  },
);

export interface PodsMetricSource extends ValueOf<typeof PodsMetricSource> {}

export const PodsMetricStatus = s.struct("autoscaling/v2.PodsMetricStatus", {
  metric: s.object(1, MetricIdentifier, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
});

export interface PodsMetricStatus extends ValueOf<typeof PodsMetricStatus> {}

export const ResourceMetricSource = s.struct(
  "autoscaling/v2.ResourceMetricSource",
  {
    name: s.string(1, { required: true }),
    target: s.object(2, MetricTarget, { required: true }),
  },
  {
    *validate({ name, target }, at) {
      if (name === "") yield required(child(at, "name"), "must specify a resource name");
      yield* utilizationOrValue(child(at, "target"), target);
    },
  },
);

export interface ResourceMetricSource extends ValueOf<typeof ResourceMetricSource> {}

export const ResourceMetricStatus = s.struct("autoscaling/v2.ResourceMetricStatus", {
  name: s.string(1, { required: true }),
  current: s.object(2, MetricValueStatus, { required: true }),
});

export interface ResourceMetricStatus extends ValueOf<typeof ResourceMetricStatus> {}

/** The type of a metric, and the field that describes one of the type. */
const fieldOfType = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
} as const;

const isMetricType = (type: string): type is keyof typeof fieldOfType =>
  Object.hasOwn(fieldOfType, type);

export const MetricSpec = s.struct(
  "autoscaling/v2.MetricSpec",
  {
    type: s.string(1, {
      required: true,
      doc: "Resource, ContainerResource, Pods, Object or External; the field of that name says more.",
    }),
    object: s.object(2, ObjectMetricSource, { optional: true }),
    pods: s.object(3, PodsMetricSource, { optional: true }),
    resource: s.object(4, ResourceMetricSource, { optional: true }),
    containerResource: s.object(7, ContainerResourceMetricSource, { optional: true }),
    external: s.object(5, ExternalMetricSource, { optional: true }),
  },
  {
    *validate(metric, at) {
      const { type } = metric;
      if (type === "") yield required(child(at, "type"), "must specify a metric source type");
      const expected = isMetricType(type) ? fieldOfType[type] : undefined;
      if (expected === undefined) {
        yield notSupported(child(at, "type"), type, Object.keys(fieldOfType));
      } else if (!metric[expected]) {
        yield required(
          child(at, expected),
          "must populate information for the given metric source",
        );
      }
      const present = Object.values(fieldOfType).filter((name) => metric[name] !== undefined);
      if (present.length === 1) return;
      for (const name of present) {
        if (name === expected) continue;
        yield forbidden(child(at, name), "must populate the given metric source only");
      }
    },
  },
);

export interface MetricSpec extends ValueOf<typeof MetricSpec> {}

export const MetricStatus = s.struct("autoscaling/v2.MetricStatus", {
  type: s.string(1, { required: true }),
  object: s.object(2, ObjectMetricStatus, { optional: true }),
  pods: s.object(3, PodsMetricStatus, { optional: true }),
  resource: s.object(4, ResourceMetricStatus, { optional: true }),
  containerResource: s.object(7, ContainerResourceMetricStatus, { optional: true }),
  external: s.object(5, ExternalMetricStatus, { optional: true }),
});

export interface MetricStatus extends ValueOf<typeof MetricStatus> {}

/** What is looked at when nobody said what to look at. */
export const defaultMetrics: readonly MetricSpec[] = [
  {
    type: "Resource",
    resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
  },
];

/** The target of a metric, whatever its type. */
export const targetOf = (metric: MetricSpec): MetricTarget | undefined =>
  (metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external)
    ?.target;

/** What was measured of a metric, whatever its type. */
export const currentOf = (metric: MetricStatus | undefined): MetricValueStatus | undefined =>
  (
    metric?.resource ??
    metric?.containerResource ??
    metric?.pods ??
    metric?.object ??
    metric?.external
  )?.current;

/** The `Targets` column: what was measured and what is wanted, of two metrics at most. */
export function targetsText(
  metrics: readonly MetricSpec[] | undefined,
  currents: readonly MetricStatus[] | undefined,
): string {
  if (!metrics || metrics.length === 0) return "<none>";
  const shown = metrics.slice(0, 2).map((metric, at) => targetText(metric, currents?.[at]));
  const more = metrics.length > 2 ? ` + ${metrics.length - 2} more...` : "";
  return shown.join(", ") + more;
}

function targetText(metric: MetricSpec, status: MetricStatus | undefined): string {
  const target = targetOf(metric) ?? { type: "" };
  const current = currentOf(status) ?? {};
  switch (metric.type) {
    case "Pods":
      return averages(target, current);
    case "External":
    case "Object":
      if (target.averageValue !== undefined) return `${averages(target, current)} (avg)`;
      return `${current.value ?? "<unknown>"}/${target.value}`;
    case "Resource":
    case "ContainerResource":
      return `${(metric.resource ?? metric.containerResource)?.name}: ${usage(target, current)}`;
    default:
      return "<unknown type>";
  }
}

const averages = (target: MetricTarget, current: MetricValueStatus): string =>
  `${current.averageValue ?? "<unknown>"}/${target.averageValue}`;

function usage(target: MetricTarget, current: MetricValueStatus): string {
  if (target.averageValue !== undefined) return averages(target, current);
  const used = inPercent(current.averageUtilization, "<unknown>");
  return `${used}/${inPercent(target.averageUtilization, "<auto>")}`;
}

const inPercent = (value: number | undefined, whenAbsent: string): string =>
  value === undefined ? whenAbsent : `${value}%`;
