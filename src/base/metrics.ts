/**
 * Counters, gauges and histograms for Prometheus. prom-client prints them; the counting is done here, because
 * its children hash their labels on every increment, and these stand in every hot path.
 */
import { Registry, type Metric } from "prom-client";

export interface CounterChild {
  readonly inc: (by?: number) => void;
}

export interface GaugeChild extends CounterChild {
  readonly set: (value: number) => void;
}

export interface HistogramChild {
  readonly observe: (value: number) => void;
}

/** Hold on to the child in hot paths: `const created = requests.with("POST", "201")`. */
export interface Labelled<Child> {
  /** The child with these label values, in the order of the label names. */
  readonly with: (...values: readonly string[]) => Child;
  /** Forgets the child with these label values. */
  readonly remove: (...values: readonly string[]) => void;
}

/** One line: label values in the order of the label names, and the value. */
export type Sample = readonly [labels: readonly string[], value: number];

/** How often each combination of label values comes up. */
export const tallied = (labels: Iterable<readonly string[]>): readonly Sample[] =>
  Map.groupBy(labels, (values) => JSON.stringify(values))
    .values()
    .map((all): Sample => [all[0] ?? [], all.length])
    .toArray();

/** In seconds; upstream's default. */
export const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** `count` bounds from `start`, each `factor` times the one before. */
export const exponentialBuckets = (start: number, factor: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start * factor ** i);

export const linearBuckets = (start: number, width: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start + width * i);

type Names = readonly string[];

/** One per component or process. Asking again for a name gives the same metric. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #families = new Map<string, Family<unknown>>();

  counter(name: string, help: string, labels: Names = []): Labelled<CounterChild> {
    return this.#family(name, () => new Family("counter", { name, help, labels }, newNumber));
  }

  gauge(name: string, help: string, labels: Names = []): Labelled<GaugeChild> {
    return this.#family(name, () => new Family("gauge", { name, help, labels }, newNumber));
  }

  histogram(
    name: string,
    help: string,
    ...[labels = [], buckets = defaultBuckets]: [labels?: Names, buckets?: readonly number[]]
  ): Labelled<HistogramChild> {
    const open = (): HistogramState => new HistogramState(buckets);
    return this.#family(name, () => new Family("histogram", { name, help, labels }, open));
  }

  /** A metric that is read when asked for. */
  observed(options: ObservedOptions, read: () => Iterable<Sample>): void {
    const { name, type = "gauge" } = options;
    this.#family(name, () => new Family(type, options, newNumber)).read = read;
  }

  /** The text exposition format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #family<Child>(name: string, open: () => Family<Child>): Family<Child> {
    const before = this.#families.get(name);
    if (before) return before as Family<Child>;
    const family = open();
    this.#families.set(name, family);
    this.#registry.registerMetric(family as unknown as Metric);
    return family;
  }
}

export interface FamilyOptions {
  readonly name: string;
  readonly help: string;
  readonly labels?: Names;
}

export interface ObservedOptions extends FamilyOptions {
  /** "gauge" when absent. */
  readonly type?: "counter" | "gauge";
}

/** What prom-client's registry prints as one line. */
interface Line {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

const newNumber = (): NumberState => new NumberState();

class NumberState implements GaugeChild {
  value = 0;

  readonly inc = (by = 1): void => {
    this.value += by;
  };

  readonly set = (value: number): void => {
    this.value = value;
  };
}

class HistogramState implements HistogramChild {
  readonly bounds: readonly number[];
  /** Per bucket, not cumulated; the last one is for what lies above every bound. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  readonly observe = (value: number): void => {
    this.sum += value;
    let i = 0;
    while (i < this.bounds.length && value > (this.bounds[i] ?? Infinity)) i++;
    this.counts[i] = (this.counts[i] ?? 0) + 1;
  };
}

/** All children of one name, in the shape that prom-client's registry asks for. */
class Family<Child> implements Labelled<Child> {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  read: (() => Iterable<Sample>) | undefined;
  readonly #labels: Names;
  readonly #open: () => Child;
  readonly #children = new Map<string, { values: Names; child: Child }>();

  constructor(type: Family<Child>["type"], options: FamilyOptions, open: () => Child) {
    this.name = options.name;
    this.help = options.help;
    this.type = type;
    this.#labels = options.labels ?? [];
    this.#open = open;
    // Without labels there is one child, and a counter of nothing prints 0.
    if (this.#labels.length === 0) this.with();
  }

  with(...values: Names): Child {
    const key = keyOf(values);
    const before = this.#children.get(key);
    if (before) return before.child;
    if (values.length !== this.#labels.length)
      throw new TypeError(`${this.name} has the labels ${this.#labels.join(", ")}`);
    const child = this.#open();
    this.#children.set(key, { values, child });
    return child;
  }

  remove(...values: Names): void {
    this.#children.delete(keyOf(values));
  }

  /** Called by prom-client's registry. */
  async get(): Promise<object> {
    const { name, help, type } = this;
    return { name, help, type, values: [...this.#lines()], aggregator: "sum" };
  }

  *#lines(): Iterable<Line> {
    if (this.read) {
      for (const [values, value] of this.read())
        yield { metricName: this.name, labels: this.#named(values), value };
      return;
    }
    for (const { values, child } of this.#children.values()) {
      const labels = this.#named(values);
      if (child instanceof HistogramState) yield* histogramLines(this.name, labels, child);
      else if (child instanceof NumberState)
        yield { metricName: this.name, labels, value: child.value };
    }
  }

  #named(values: Names): Record<string, string> {
    return Object.fromEntries(this.#labels.map((label, i) => [label, values[i] ?? ""]));
  }
}

const keyOf = (values: Names): string =>
  values.length === 1 ? (values[0] ?? "") : values.join("\0");

function* histogramLines(
  name: string,
  labels: Line["labels"],
  { bounds, counts, sum }: HistogramState,
): Iterable<Line> {
  let count = 0;
  for (const [i, inBucket] of counts.entries()) {
    count += inBucket;
    const le = bounds[i] ?? "+Inf";
    yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  }
  yield { metricName: `${name}_sum`, labels, value: sum };
  yield { metricName: `${name}_count`, labels, value: count };
}
