/**
 * What controllers count besides their queues, under the names that dashboards know. Data like
 * everything that they decide: the runtime keeps the books.
 * differs: all of kube-controller-manager's stable and beta metrics are there, but those of Go's metrics library itself
 * (registered, hidden, disabled metrics). Of the alpha ones those are left out that belong to what is not here (the service
 * controller's, volume plugins in the controllers, resyncs of the garbage collector, sweeps over all nodes' health), and
 * those of endpoint slice mirroring, node ranges, attached volumes by plugin, and jobs by index and by external controller.
 */
import type { AnyKind, ApiObject } from "#api/kind.ts";
import type { Metrics, Sample } from "#base/metrics.ts";
import type { Effect } from "./effects.ts";
import type { Lookups } from "./view.ts";

export interface Measure {
  readonly is: "counter" | "gauge" | "histogram";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Of a histogram. */
  readonly buckets?: readonly number[];
}

export interface Measurement {
  readonly of: Measure;
  readonly labels: readonly string[];
  /** Elapsed: the seconds since the look began. */
  readonly value: number | "elapsed";
}

/** How a look at an object went. */
export interface Look<T extends ApiObject = ApiObject> {
  readonly object: T;
  readonly effects: readonly Effect[];
  /** Of anything that was to be done. */
  readonly isFailed: boolean;
}

/** One change of a watched object; `old` is absent when it is new. */
export interface Heard {
  readonly object: ApiObject;
  readonly old: ApiObject | undefined;
  readonly isGone: boolean;
}

/** What a controller counts on top of what it says in effects. */
export interface Meter<T extends ApiObject = ApiObject> {
  /** There from the start, whether or not anything was counted. */
  readonly measures: readonly Measure[];
  readonly looked?: (look: Look<T>) => readonly Measurement[];
  readonly hears?: AnyKind;
  readonly heard?: (heard: Heard) => readonly Measurement[];
  /** Read from the caches whenever somebody asks. */
  readonly gauges?: ReadonlyMap<Measure, (view: Lookups) => Iterable<Sample>>;
}

export const measured = (
  of: Measure,
  labels: readonly string[] = [],
  value: Measurement["value"] = 1,
): Measurement => ({ of, labels, value });

export const measure = (...args: Parameters<typeof measured>): Effect => ({
  do: "measure",
  measurement: measured(...args),
});

/** Nothing is counted where nobody asks for metrics. */
export function takerOf(metrics: Metrics | undefined) {
  return ({ of, labels, value }: Measurement, elapsedSeconds: number): void => {
    if (!metrics) return;
    const number = value === "elapsed" ? elapsedSeconds : value;
    const { is, name, help, labels: names } = of;
    if (is === "counter")
      metrics
        .counter(name, help, names)
        .with(...labels)
        .inc(number);
    else if (is === "gauge")
      metrics
        .gauge(name, help, names)
        .with(...labels)
        .set(number);
    else
      histogramOf(metrics, of)
        .with(...labels)
        .observe(number);
  };
}

const histogramOf = (metrics: Metrics, { name, help, labels, buckets }: Measure) =>
  buckets ? metrics.histogram(name, help, labels, buckets) : metrics.histogram(name, help, labels);

/** What has no labels shows that nothing was counted yet. */
export function announce(metrics: Metrics, meter: Meter, view: Lookups): void {
  for (const of of meter.measures) {
    const { is, name, help, labels } = of;
    const read = meter.gauges?.get(of);
    if (read) metrics.observed({ name, help, labels }, () => read(view));
    else if (is === "histogram") open(histogramOf(metrics, of), labels);
    else open(metrics[is](name, help, labels), labels);
  }
}

const open = (
  family: { readonly with: (...values: readonly string[]) => unknown },
  labels: readonly string[],
): void => {
  if (labels.length === 0) family.with();
};
