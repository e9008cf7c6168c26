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
      const tookMs = clock.monotonic() - started;
      const onSent = metrics.request(context, response.status, tookMs / 1_000);
      return onSent ? { ...response, onSent } : response;
    });
  };
