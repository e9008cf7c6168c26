/**
 * Reads metrics where Kubernetes' autoscaler does: metrics.k8s.io, custom.metrics.k8s.io and
 * external.metrics.k8s.io. Whoever serves them, they are asked through the API.
 * upstream: pkg/controller/podautoscaler/metrics/client.go
 */
import { ApiError } from "#api/errors.ts";
import type { PodMetrics } from "#api/metrics/podmetrics.ts";
import { minutes } from "#base/clock.ts";
import { parseDuration } from "#base/duration.ts";
import { quantityOf } from "#base/quantity.ts";
import type { Call } from "../runtime/effects.ts";
import { call, type Steps } from "../runtime/steps.ts";
import { type Measure, type Measures, Unmeasurable } from "./calculator.ts";
import { type Reference, resourceOf } from "./targets.ts";

interface List<T> {
  readonly items?: readonly T[];
}

export interface ResourceQuestion {
  readonly namespace: string;
  readonly selector: string;
  readonly resource: string;
  readonly container: string | undefined;
}

export function* resourceMeasures(question: ResourceQuestion): Steps<Measures> {
  const { namespace, selector } = question;
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
  const { items = [] } = (yield* asked(
    { method: "GET", path, query: { labelSelector: selector } },
    { api: "resource metrics API", what: "pods.metrics.k8s.io" },
  )) as List<PodMetrics>;
  if (items.length === 0) {
    throw new Unmeasurable("no metrics returned from resource metrics API");
  }
  const measured = items.flatMap((metrics): [string, Measure][] => {
    const milli = usageOf(metrics, question);
    if (milli === undefined) return [];
    const windowMs = parseDuration(metrics.window) ?? 0;
    const atMs = Date.parse(metrics.timestamp ?? "");
    return [[metrics.metadata.name ?? "", { milli, atMs, windowMs }]];
  });
  return new Map(measured);
}

/** Nothing when a container was not measured: half a pod would mislead. */
function usageOf(
  { metadata, containers }: PodMetrics,
  { resource, container, namespace }: ResourceQuestion,
): number | undefined {
  const counted = containers.filter(({ name }) => container === undefined || name === container);
  if (container !== undefined && counted.length === 0) {
    throw new Unmeasurable(
      `container ${container} not present in metrics for pod ${namespace}/${metadata.name}`,
    );
  }
  const amounts = counted.map(({ usage }) => usage[resource]);
  if (amounts.length === 0 || amounts.includes(undefined)) return undefined;
  return amounts.reduce((sum, amount = "0") => sum + quantityOf(amount).milliValue(), 0);
}

interface CustomValue {
  readonly describedObject: { readonly name: string };
  readonly timestamp?: string;
  readonly windowSeconds?: number;
  readonly value: string;
}

export interface CustomQuestion {
  readonly namespace: string;
  readonly metric: string;
  /** Of the metric itself, in string form. */
  readonly metricSelector: string;
}

export function* podMeasures(question: CustomQuestion, selector: string): Steps<Measures> {
  const items = yield* customValues(question, {
    path: `namespaces/${question.namespace}/pods/*/${question.metric}`,
    query: { labelSelector: selector },
    what: "pods.custom.metrics.k8s.io",
  });
  return new Map(
    items.map(({ describedObject, timestamp = "", windowSeconds, value }) => [
      describedObject.name,
      {
        milli: quantityOf(value).milliValue(),
        atMs: Date.parse(timestamp),
        windowMs: windowSeconds === undefined ? minutes(1) : windowSeconds * 1_000,
      },
    ]),
  );
}

/** What one object shows, in thousandths. */
export function* objectMeasure(question: CustomQuestion, of: Reference): Steps<number> {
  const { group, plural, isNamespaced } = yield* resourceOf(of);
  const resource = group === "" ? plural : `${plural}.${group}`;
  const place = isNamespaced ? `namespaces/${question.namespace}/${resource}` : resource;
  const isNamespace = resource === "namespaces";
  const path = isNamespace
    ? `namespaces/${of.name}/metrics/${question.metric}`
    : `${place}/${of.name}/${question.metric}`;
  const what = `${resource}.custom.metrics.k8s.io`;
  const [found] = yield* customValues(question, { path, query: {}, what });
  return quantityOf(found?.value ?? "0").milliValue();
}

interface CustomCall {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly what: string;
}

function* customValues(
  { metricSelector }: CustomQuestion,
  { path, query, what }: CustomCall,
): Steps<readonly CustomValue[]> {
  const api = "custom metrics API";
  const group = (yield* asked(
    { method: "GET", path: "/apis/custom.metrics.k8s.io" },
    { api, what },
  )) as { readonly preferredVersion?: { readonly version: string } };
  const version = group.preferredVersion?.version ?? "v1beta2";
  const selection = metricSelector === "" ? {} : { metricLabelSelector: metricSelector };
  const { items = [] } = (yield* asked(
    {
      method: "GET",
      path: `/apis/custom.metrics.k8s.io/${version}/${path}`,
      query: { ...query, ...selection },
    },
    { api, what },
  )) as List<CustomValue>;
  if (items.length === 0) throw new Unmeasurable(`no metrics returned from ${api}`);
  return items;
}

/** The sum of all series, in thousandths. */
export function* externalMeasure(question: CustomQuestion): Steps<number> {
  const { namespace, metric, metricSelector } = question;
  const api = "external metrics API";
  const { items = [] } = (yield* asked(
    {
      method: "GET",
      path: `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${metric}`,
      query: metricSelector === "" ? {} : { labelSelector: metricSelector },
    },
    { api, what: `${metric}.external.metrics.k8s.io` },
  )) as List<{ readonly value: string }>;
  if (items.length === 0) throw new Unmeasurable(`no metrics returned from ${api}`);
  return items.reduce((sum, { value }) => sum + quantityOf(value).milliValue(), 0);
}

/** A refusal is told in the words that client-go has for it. */
function* asked(
  what: Call,
  source: { readonly api: string; readonly what: string },
): Steps<unknown> {
  try {
    return yield* call(what);
  } catch (cause) {
    throw new Unmeasurable(
      `unable to fetch metrics from ${source.api}: ${refusal(cause, source.what)}`,
    );
  }
}

// exact: apimachinery, errors.NewGenericServerResponse
function refusal(cause: unknown, what: string): string {
  if (!(cause instanceof ApiError)) return String(cause);
  switch (cause.code) {
    case 404:
      return `the server could not find the requested resource (get ${what})`;
    case 503:
      return `the server is currently unable to handle the request (get ${what})`;
    default:
      return cause.message;
  }
}
