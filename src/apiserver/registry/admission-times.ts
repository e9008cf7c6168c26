/** How long admission takes, step by step and plugin by plugin. upstream: apiserver/pkg/admission/metrics/metrics.go */
import type { Clock } from "#base/clock.ts";
import type { HistogramChild, Labelled, Metrics } from "#base/metrics.ts";
import { finish, type Soon } from "#base/soon.ts";
import type { Operation } from "../admission/admission.ts";

/** As the labels have it. */
export type StepType = "admit" | "validate";

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const prefix = "apiserver_admission";

export class AdmissionTimes {
  readonly #clock: Clock;
  readonly #steps: Labelled<HistogramChild>;
  readonly #plugins: Labelled<HistogramChild>;

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    this.#steps = metrics.histogram(
      `${prefix}_step_admission_duration_seconds`,
      "Time that all plugins of a step took.",
      ["operation", "rejected", "type"],
      buckets,
    );
    this.#plugins = metrics.histogram(
      `${prefix}_controller_admission_duration_seconds`,
      "Time that a plugin took.",
      ["name", "operation", "rejected", "type"],
      buckets,
    );
  }

  of(type: StepType, operation: Operation): StepTimes {
    const step = (isRefusal: boolean): HistogramChild =>
      this.#steps.with(operation, String(isRefusal), type);
    const plugin = (name: string, isRefusal: boolean): HistogramChild =>
      this.#plugins.with(name, operation, String(isRefusal), type);
    return new StepTimes(this.#clock, { step, plugin });
  }
}

interface Counters {
  readonly step: (isRefusal: boolean) => HistogramChild;
  readonly plugin: (name: string, isRefusal: boolean) => HistogramChild;
}

/** Of one step. Every write asks, so what passes is counted without looking anything up by its labels. */
export class StepTimes {
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #passed = new Map<string, HistogramChild>();
  #stepPassed: HistogramChild | undefined;

  constructor(clock: Clock, counters: Counters) {
    this.#clock = clock;
    this.#counters = counters;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** The step itself: what throws is a refusal, too. */
  whole<T>(work: () => Soon<T>, isRefusal: (outcome: T) => boolean): Soon<T> {
    const started = this.now();
    return finish(
      work,
      (outcome) => {
        this.#step(started, isRefusal(outcome));
        return outcome;
      },
      (cause) => {
        this.#step(started, true);
        throw cause;
      },
    );
  }

  /** What one plugin took, until now. */
  plugin(name: string, started: number, isRefusal: boolean): number {
    const now = this.now();
    this.#pluginCounter(name, isRefusal).observe((now - started) / 1_000);
    return now;
  }

  #step(started: number, isRefusal: boolean): void {
    const counter = isRefusal
      ? this.#counters.step(true)
      : (this.#stepPassed ??= this.#counters.step(false));
    counter.observe((this.now() - started) / 1_000);
  }

  #pluginCounter(name: string, isRefusal: boolean): HistogramChild {
    if (isRefusal) return this.#counters.plugin(name, true);
    let counter = this.#passed.get(name);
    if (!counter) this.#passed.set(name, (counter = this.#counters.plugin(name, false)));
    return counter;
  }
}
