import type { Clock } from "#base/clock.ts";
import { whenThere } from "#base/soon.ts";
import type { Stage } from "../context.ts";
import type { ServerMetrics } from "../metrics.ts";
import type { WatchListTimer } from "../watch-list-times.ts";

export interface Measuring {
  readonly metrics: ServerMetrics;
  readonly watchLists: WatchListTimer;
}

/** Counts and times every request. */
export const measure =
  ({ metrics, watchLists }: Measuring, clock: Clock): Stage =>
  (context, next) => {
    const started = clock.monotonic();
    return whenThere(next(context), (response) => {
      const tookMs = clock.monotonic() - started;
      const onSent = metrics.request(context, response.status, tookMs / 1_000);
      if (response.body.is === "watch") return watchLists(context, response, started);
      return onSent ? { ...response, onSent } : response;
    });
  };
