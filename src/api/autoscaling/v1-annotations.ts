/**
 * Where autoscaling/v1 keeps what it has no fields for: in annotations, as JSON.
 * upstream: pkg/apis/autoscaling/annotations.go
 */
import { decodeJson, DecodeError } from "#schema/json.ts";
import type { Struct } from "#schema/struct.ts";
import type {
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscaler,
} from "./horizontalpodautoscaler.ts";
import {
  metricFromV1,
  metricStatusFromV1,
  metricStatusToV1,
  metricToV1,
} from "./metric-conversion.ts";
import type { MetricSpec, MetricStatus } from "./metrics.ts";
import {
  HorizontalPodAutoscalerCondition as ConditionV1,
  MetricSpec as MetricSpecV1,
  MetricStatus as MetricStatusV1,
} from "./metrics-v1.ts";
import { HorizontalPodAutoscalerBehavior } from "./scaling-behavior.ts";

const prefix = "autoscaling.alpha.kubernetes.io/";
const metricsKey = `${prefix}metrics`;
const currentMetricsKey = `${prefix}current-metrics`;
const conditionsKey = `${prefix}conditions`;
const behaviorKey = `${prefix}behavior`;
const toleranceKeys = {
  scaleUp: `${prefix}scale-up-tolerance`,
  scaleDown: `${prefix}scale-down-tolerance`,
} as const;

const all: ReadonlySet<string> = new Set([
  metricsKey,
  currentMetricsKey,
  conditionsKey,
  behaviorKey,
  ...Object.values(toleranceKeys),
]);

type Annotations = { readonly [key: string]: string };

/** Without the ones of this file; undefined when none are left. */
export function withoutAnnotations(
  annotations: Annotations | undefined,
): Record<string, string> | undefined {
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !all.has(key));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** A use of CPU as v1 can name it itself. */
export const isCpuUtilization = ({ type, resource }: MetricSpec): boolean =>
  type === "Resource" &&
  resource?.name === "cpu" &&
  resource.target.averageUtilization !== undefined;

type Behavior = HorizontalPodAutoscalerBehavior;

/** Everything of the object that v1 has no fields for. */
export function annotationsOf({ spec, status }: HorizontalPodAutoscaler): Annotations {
  const others = (spec.metrics ?? []).filter((metric) => !isCpuUtilization(metric));
  const { currentMetrics } = status;
  const conditions = status.conditions ?? [];
  const { behavior } = spec;
  return {
    ...(others.length > 0 && { [metricsKey]: JSON.stringify(others.map(metricToV1)) }),
    ...(currentMetrics.length > 0 && {
      [currentMetricsKey]: JSON.stringify(currentMetrics.map(metricStatusToV1)),
    }),
    ...(behavior && { [behaviorKey]: formatBehavior(behavior), ...tolerancesOf(behavior) }),
    ...(conditions.length > 0 && { [conditionsKey]: JSON.stringify(conditions) }),
  };
}

function tolerancesOf(behavior: Behavior): Annotations {
  const pairs = directions.flatMap((direction) => {
    const tolerance = behavior[direction]?.tolerance;
    return tolerance === undefined ? [] : [[toleranceKeys[direction], tolerance] as const];
  });
  return Object.fromEntries(pairs);
}

const directions = ["scaleUp", "scaleDown"] as const;

/** Go's names of the fields, as upstream writes them there. */
const formatBehavior = (behavior: Behavior): string =>
  JSON.stringify({ ScaleUp: goRules(behavior.scaleUp), ScaleDown: goRules(behavior.scaleDown) });

const goRules = (rules: Behavior["scaleUp"]) =>
  rules
    ? {
        StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
        SelectPolicy: rules.selectPolicy ?? null,
        Policies: (rules.policies ?? []).map(({ type, value, periodSeconds }) => ({
          Type: type,
          Value: value,
          PeriodSeconds: periodSeconds,
        })),
      }
    : null;

/** What the annotations say; what cannot be read is passed over, as upstream does. */
export function readAnnotations(annotations: Annotations | undefined): {
  readonly metrics?: MetricSpec[];
  readonly currentMetrics?: MetricStatus[];
  readonly conditions?: HorizontalPodAutoscalerCondition[];
  readonly behavior?: Behavior;
} {
  const metrics = readList(MetricSpecV1, annotations?.[metricsKey]);
  const currentMetrics = readList(MetricStatusV1, annotations?.[currentMetricsKey]);
  const conditions = readList(ConditionV1, annotations?.[conditionsKey]);
  const behavior = readBehavior(annotations);
  return {
    ...(metrics && { metrics: metrics.map(metricFromV1) }),
    ...(currentMetrics && { currentMetrics: currentMetrics.map(metricStatusFromV1) }),
    ...(conditions && { conditions }),
    ...(behavior && { behavior }),
  };
}

function readBehavior(annotations: Annotations | undefined): Behavior | undefined {
  const behavior = read(
    HorizontalPodAutoscalerBehavior,
    parsed(annotations?.[behaviorKey], lowerKeys),
  );
  if (!behavior) return undefined;
  const withTolerances = directions.flatMap((direction) => {
    const rules = behavior[direction];
    const tolerance = annotations?.[toleranceKeys[direction]];
    if (!rules) return [];
    return [[direction, tolerance === undefined ? rules : { ...rules, tolerance }] as const];
  });
  // Once more through the codec, which makes the tolerances canonical.
  return read(HorizontalPodAutoscalerBehavior, Object.fromEntries(withTolerances));
}

function readList<T>(struct: Struct<T>, text: string | undefined): T[] | undefined {
  const items = parsed(text);
  if (!Array.isArray(items)) return undefined;
  const read_ = items.map((item) => read(struct, item));
  return read_.every((item) => item !== undefined) ? read_ : undefined;
}

function read<T>(struct: Struct<T>, json: unknown): T | undefined {
  if (json === undefined) return undefined;
  try {
    return decodeJson(struct, json, { defaults: false }).value as T;
  } catch (problem) {
    if (problem instanceof DecodeError) return undefined;
    throw problem;
  }
}

type Revive = (key: string, value: unknown) => unknown;

function parsed(text: string | undefined, revive?: Revive): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text, revive);
  } catch (problem) {
    if (problem instanceof SyntaxError) return undefined;
    throw problem;
  }
}

/** The first letter of every key in lower case: Go's names of the fields become ours. */
function lowerKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      inner,
    ]),
  );
}
