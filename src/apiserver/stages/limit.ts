/**
 * Bounds how many requests are under way at once, reading and writing apart, so that a flood is
 * turned away while it is still cheap to do so.
 */
import { ApiError } from "#api/errors.ts";
import type { Context, Stage } from "../context.ts";
import { inFlightMax } from "../limits.ts";
import type { ServerMetrics } from "../metrics.ts";

const readingVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const longSubresources: ReadonlySet<string> = new Set([
  "attach",
  "exec",
  "log",
  "portforward",
  "proxy",
]);

export const isLongRunning = ({ info: { verb, subresource } }: Context): boolean =>
  verb === "watch" || longSubresources.has(subresource);

export const isReading = ({ info }: Context): boolean =>
  info.isResource ? readingVerbs.has(info.verb) : info.verb === "get" || info.verb === "head";

export function limit(metrics: ServerMetrics): Stage {
  const underWay = { reading: 0, writing: 0 };
  return async (context, next) => {
    if (isLongRunning(context)) return next(context);
    const bucket = isReading(context) ? "reading" : "writing";
    // The administrators must be able to help.
    const isExempt = context.user.groups.includes("system:masters");
    if (underWay[bucket] >= inFlightMax[bucket] && !isExempt) throw tooMany();
    metrics.inFlight(bucket, ++underWay[bucket]);
    try {
      return await next(context);
    } finally {
      metrics.inFlight(bucket, --underWay[bucket]);
    }
  };
}

const tooMany = (): ApiError =>
  // exact: apiserver
  new ApiError("TooManyRequests", "Too many requests, please try again later.", {
    details: { retryAfterSeconds: 1 },
  });
