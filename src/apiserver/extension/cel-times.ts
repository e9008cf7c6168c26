/** How long the rules of custom resources take. upstream: apiserver/pkg/cel/metrics/metrics.go */
import type { Clock } from "#base/clock.ts";
import type { HistogramChild, Metrics } from "#base/metrics.ts";

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class CelTimes {
  readonly #clock: Clock;
  readonly #compilation: HistogramChild;
  readonly #evaluation: HistogramChild;

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    this.#compilation = metrics
      .histogram(
        "apiserver_cel_compilation_duration_seconds",
        "CEL compilation time in seconds.",
        [],
        buckets,
      )
      .with();
    this.#evaluation = metrics
      .histogram(
        "apiserver_cel_evaluation_duration_seconds",
        "CEL evaluation time in seconds.",
        [],
        buckets,
      )
      .with();
  }

  /** To be called when it is over. */
  compiling(): () => void {
    return this.#from(this.#compilation);
  }

  evaluating(): () => void {
    return this.#from(this.#evaluation);
  }

  #from(histogram: HistogramChild): () => void {
    const started = this.#clock.monotonic();
    return () => histogram.observe((this.#clock.monotonic() - started) / 1_000);
  }
}
