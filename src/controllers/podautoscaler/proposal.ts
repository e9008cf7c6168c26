/**
 * What one metric of an autoscaler proposes, or why it cannot: the texts are those that people look
 * for. upstream: pkg/controller/podautoscaler/horizontal.go#computeReplicasForMetric
 */
import type { MetricSpec, MetricStatus, MetricTarget } from "#api/autoscaling/metrics.ts";
import type { LabelSelector } from "#api/meta/label-selector.ts";
import { selectorText } from "#api/meta/selector-text.ts";
import { formatLabelSelector } from "#api/selectors.ts";
import { quantityOf, quantityOfMilli } from "#base/quantity.ts";
import type { Steps } from "../runtime/steps.ts";
import {
  byAverage,
  byTotal,
  byTotalPerPod,
  byUtilization,
  type Situation,
  Unmeasurable,
} from "./calculator.ts";
import {
  type CustomQuestion,
  externalMeasure,
  objectMeasure,
  podMeasures,
  resourceMeasures,
} from "./measuring.ts";
import { requestsOf } from "./requests.ts";

export interface Proposal {
  readonly replicas: number;
  /** As in `cpu resource utilization (percentage of request) above target`. */
  readonly name: string;
  readonly status: MetricStatus;
}

export interface Setting extends Situation {
  readonly namespace: string;
  /** Of the pods, in string form. */
  readonly selector: string;
  /** How many there are, whatever is asked for. */
  readonly statusReplicas: number;
}

/** Says in which words a metric's failure is told. */
export interface Failing {
  /** Of the event and the condition. */
  readonly reason: string;
  /** Before the failure itself, where all of them are told. */
  readonly prefix: string;
}

interface MetricType {
  readonly failing: (metric: MetricSpec) => Failing;
  readonly propose: (metric: MetricSpec, setting: Setting) => Steps<Proposal>;
}

// exact: horizontal-pod-autoscaler
const types: Readonly<Record<string, MetricType>> = {
  Resource: {
    failing: ({ resource }) => ({
      reason: "FailedGetResourceMetric",
      prefix: `failed to get ${resource?.name} resource metric value`,
    }),
    *propose({ resource: source }, setting) {
      if (!source) throw unset("resource");
      const { current, ...found } = yield* ofResource({ ...source, word: "resource" }, setting);
      return { ...found, status: { type: "Resource", resource: { name: source.name, current } } };
    },
  },
  ContainerResource: {
    failing: ({ containerResource }) => ({
      reason: "FailedGetContainerResourceMetric",
      prefix: `failed to get ${containerResource?.container} container metric value`,
    }),
    *propose({ containerResource: source }, setting) {
      if (!source) throw unset("container resource");
      const { name, container } = source;
      const asked = { ...source, word: "container resource" };
      const { current, ...found } = yield* ofResource(asked, setting);
      const containerResource = { name, container, current };
      return { ...found, status: { type: "ContainerResource", containerResource } };
    },
  },
  Pods: {
    failing: () => ({
      reason: "FailedGetPodsMetric",
      prefix: "failed to get pods metric value",
    }),
    propose: ofPods,
  },
  Object: {
    failing: () => ({
      reason: "FailedGetObjectMetric",
      prefix: "failed to get object metric value",
    }),
    propose: ofObject,
  },
  External: {
    failing: ({ external }) => ({
      reason: "FailedGetExternalMetric",
      prefix: `failed to get ${external?.metric.name} external metric value`,
    }),
    propose: ofExternal,
  },
};

const unset = (source: string): Unmeasurable =>
  new Unmeasurable(`invalid ${source} metric source: it is not described`);

export const failingOf = (metric: MetricSpec): Failing =>
  types[metric.type]?.failing(metric) ?? { reason: "InvalidMetricSourceType", prefix: "" };

export function* propose(metric: MetricSpec, setting: Setting): Steps<Proposal> {
  const type = types[metric.type];
  if (!type) throw new Unmeasurable(`unknown metric source type ${JSON.stringify(metric.type)}`);
  return yield* type.propose(metric, setting);
}

interface ResourceAsked {
  readonly name: string;
  readonly container?: string;
  readonly target: MetricTarget;
  readonly word: string;
}

type Found = Omit<Proposal, "status"> & { readonly current: MetricStatusValue };
type MetricStatusValue = NonNullable<MetricStatus["resource"]>["current"];

function* ofResource(asked: ResourceAsked, setting: Setting): Steps<Found> {
  const { name, container, target, word } = asked;
  const { averageValue, averageUtilization } = target;
  const what = averageValue === undefined ? "utilization" : "usage";
  const measures = yield* told(
    `failed to get ${name} ${what}: unable to get metrics for resource ${name}`,
    resourceMeasures({ ...setting, resource: name, container }),
  );
  const isCpu = name === "cpu";
  return within(`failed to get ${name} ${what}`, () => {
    if (averageValue !== undefined) {
      const wanted = { target: milliOf(averageValue), isCpu };
      const { replicas, averageMilli } = byAverage(setting, measures, wanted);
      const current = { averageValue: textOf(averageMilli) };
      return { replicas, name: `${name} ${word}`, current };
    }
    const requests = requestsOf(setting.pods, name, container);
    const wanted = { requests, target: averageUtilization ?? 0, isCpu };
    const { replicas, utilization, averageMilli } = byUtilization(setting, measures, wanted);
    return {
      replicas,
      name: `${name} ${word} utilization (percentage of request)`,
      current: { averageUtilization: utilization, averageValue: textOf(averageMilli) },
    };
  });
}

function* ofPods({ pods: source }: MetricSpec, setting: Setting): Steps<Proposal> {
  if (!source) throw unset("pods");
  const { metric, target } = source;
  const measures = yield* told(
    `unable to get metric ${metric.name}`,
    podMeasures(questionOf(metric, setting), setting.selector),
  );
  const wanted = { target: milliOf(target.averageValue), isCpu: false };
  const { replicas, averageMilli } = byAverage(setting, measures, wanted);
  return {
    replicas,
    name: `pods metric ${metric.name}`,
    status: { type: "Pods", pods: { metric, current: { averageValue: textOf(averageMilli) } } },
  };
}

function* ofObject({ object: source }: MetricSpec, setting: Setting): Steps<Proposal> {
  if (!source) throw unset("object");
  const { metric, describedObject, target } = source;
  // The order of the words is upstream's.
  const where = `${describedObject.kind} on ${setting.namespace} ${describedObject.name}`;
  const total = yield* told(
    `unable to get metric ${metric.name}: ${where}`,
    objectMeasure(questionOf(metric, setting), describedObject),
    "/",
  );
  const { replicas, current, isPerPod } = ofTotal(total, target, setting);
  return {
    replicas,
    name: isPerPod ? externalName(metric) : `${describedObject.kind} metric ${metric.name}`,
    status: { type: "Object", object: { metric, describedObject, current } },
  };
}

function* ofExternal({ external: source }: MetricSpec, setting: Setting): Steps<Proposal> {
  if (!source) throw unset("external");
  const { metric, target } = source;
  const path = `${setting.namespace}/${metric.name}/${selectorText(metric.selector)}`;
  const total = yield* told(
    `unable to get external metric ${path}`,
    externalMeasure(questionOf(metric, setting)),
  );
  const { replicas, current } = ofTotal(total, target, setting);
  const status = { type: "External", external: { metric, current } };
  return { replicas, name: externalName(metric), status };
}

/** A value that belongs to no pod in particular. */
function ofTotal(total: number, { value, averageValue }: MetricTarget, setting: Setting) {
  if (averageValue !== undefined) {
    const among = { ...setting, replicas: setting.statusReplicas };
    const wanted = { total, target: milliOf(averageValue) };
    const { replicas, averageMilli } = byTotalPerPod(among, wanted);
    return { replicas, current: { averageValue: textOf(averageMilli) }, isPerPod: true };
  }
  const replicas = byTotal(setting, { total, target: milliOf(value) });
  return { replicas, current: { value: textOf(total) }, isPerPod: false };
}

interface Identifier {
  readonly name: string;
  readonly selector?: LabelSelector | undefined;
}

const questionOf = ({ name, selector }: Identifier, { namespace }: Setting): CustomQuestion => ({
  namespace,
  metric: name,
  metricSelector: selector ? formatLabelSelector(selector) : "",
});

const externalName = ({ name, selector }: Identifier): string =>
  `external metric ${name}(${selectorText(selector)})`;

const milliOf = (quantity: string | undefined): number => quantityOf(quantity ?? "0").milliValue();

const textOf = (milli: number): string => quantityOfMilli(milli, "decimal").format();

function* told<T>(prefix: string, steps: Steps<T>, separator = ": "): Steps<T> {
  try {
    return yield* steps;
  } catch (cause) {
    throw prefixed(prefix, cause, separator);
  }
}

function within<T>(prefix: string, compute: () => T): T {
  try {
    return compute();
  } catch (cause) {
    throw prefixed(prefix, cause);
  }
}

const prefixed = (prefix: string, cause: unknown, separator = ": "): unknown =>
  cause instanceof Error
    ? new Unmeasurable(`${prefix}${separator}${cause.message}`, { cause })
    : cause;
