import type { Clock } from "#base/clock.ts";
import { whenThere } from "#base/soon.ts";
import type { Stage } from "../context.ts";
import type { ServerMetrics } from "../metrics.ts";

/** Counts and times every request. */
export const measure =
  (metrics: ServerMetrics, clock: Clock): Stage =>
  (context, next) => {
    const started = clock.monotonic();
    return whenThere(next(context), (response) => {
      metrics.request(context, response.status, (clock.monotonic() - started) / 1_000);
      return response;
    });
  };
