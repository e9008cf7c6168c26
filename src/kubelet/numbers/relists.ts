/** The looks at everything the runtime has. upstream: pkg/kubelet/pleg/generic.go */
import type { Clock } from "#base/clock.ts";
import type { Metrics } from "#base/metrics.ts";

export class Relists {
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  #lastMs: number | undefined;
  /** By the clock on the wall. */
  #seenMs: number | undefined;

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    this.#metrics = metrics;
    const seen = {
      name: "kubelet_pleg_last_seen_seconds",
      help: "Timestamp in seconds when PLEG was last seen active.",
    };
    metrics.observed(seen, () => (this.#seenMs === undefined ? [] : [[[], this.#seenMs / 1_000]]));
  }

  /** Measures one of them. */
  async measure(relist: () => Promise<void>): Promise<void> {
    const startMs = this.#clock.monotonic();
    this.#seenMs = this.#clock.now();
    if (this.#lastMs !== undefined)
      this.#metrics
        .histogram(
          "kubelet_pleg_relist_interval_seconds",
          "Interval in seconds between relisting in PLEG.",
        )
        .with()
        .observe((startMs - this.#lastMs) / 1_000);
    this.#lastMs = startMs;
    try {
      await relist();
    } finally {
      this.#metrics
        .histogram(
          "kubelet_pleg_relist_duration_seconds",
          "Duration in seconds for relisting pods in PLEG.",
        )
        .with()
        .observe((this.#clock.monotonic() - startMs) / 1_000);
    }
  }
}
