import type { Clock } from "#base/clock.ts";
import type { Stage } from "../context.ts";
import type { ServerMetrics } from "../metrics.ts";

/** Counts and times every request. */
export const measure =
  (metrics: ServerMetrics, clock: Clock): Stage =>
  async (context, next) => {
    const started = clock.monotonic();
    const response = await next(context);
    metrics.request(context, response.status, (clock.monotonic() - started) / 1_000);
    return response;
  };
