/**
 * Gives each request a seat of its priority level: at once while some are free; else it waits for its turn, or
 * is told to come back, while that is still cheap to do.
 * upstream: staging/src/k8s.io/apiserver/pkg/server/filters/priority-and-fairness.go
 */
import { ApiError } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import { finish, type Soon } from "#base/soon.ts";
import type { Context, Next, Stage } from "../context.ts";
import type { Fairness } from "../fairness/fairness.ts";
import type { Flow } from "../fairness/flow.ts";
import type { Leave } from "../fairness/level.ts";
import type { WaitTimes } from "../fairness/metrics.ts";
import type { ServerMetrics } from "../metrics.ts";
import { failure } from "../responses.ts";

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

const isReading = ({ info }: Context): boolean =>
  info.isResource ? readingVerbs.has(info.verb) : info.verb === "get" || info.verb === "head";

export interface LimitOptions {
  readonly fairness: Fairness;
  readonly waited: WaitTimes;
  readonly metrics: ServerMetrics;
  readonly clock: Clock;
}

export function limit(options: LimitOptions): Stage {
  const { fairness } = options;
  const underWay = { reading: 0, writing: 0 };
  return (context, next) => {
    if (longSubresources.has(context.info.subresource)) return next(context);
    const flow = fairness.flowOf(context);
    const width = fairness.widthOf(context, flow);
    const serving: Serving = { options, underWay, flow, width, context, next };
    if (!flow.level.take(width)) return queued(serving);
    options.waited(flow, true, 0);
    return served(serving, undefined);
  };
}

interface Serving {
  readonly options: LimitOptions;
  readonly underWay: UnderWay;
  readonly flow: Flow;
  readonly width: number;
  readonly context: Context;
  readonly next: Next;
}

type UnderWay = Record<"reading" | "writing", number>;

/** Of a watch only the start is limited: it is answered when that is over. */
function served(serving: Serving, leave: Leave | undefined): Soon<ApiResponse> {
  const { flow, context, next } = serving;
  sit(serving);
  return finish(
    () => next(context),
    (response) => {
      standUp(serving, leave);
      return marked(flow, response);
    },
    (cause) => {
      standUp(serving, leave);
      if (!(cause instanceof ApiError)) throw cause;
      return marked(flow, failure(cause));
    },
  );
}

function sit(serving: Serving): void {
  const { flow, width } = serving;
  const { counts } = flow;
  counts.dispatched++;
  counts.executing++;
  counts.seats += width;
  count(serving, 1);
}

function standUp(serving: Serving, leave: Leave | undefined): void {
  const { flow, width } = serving;
  flow.counts.executing--;
  flow.counts.seats -= width;
  count(serving, -1);
  if (leave) leave();
  else flow.level.leave(width);
}

async function queued(serving: Serving): Promise<ApiResponse> {
  const { flow, width, context, options } = serving;
  const { fairness, clock, waited } = options;
  const since = clock.monotonic();
  const outcome = await fairness.wait(flow, context, width);
  const isServed = typeof outcome !== "string";
  waited(flow, isServed, (clock.monotonic() - since) / 1_000);
  if (isServed) return served(serving, outcome);
  options.metrics.refused(context);
  return marked(flow, failure(tooMany()));
}

function count({ context, underWay, options }: Serving, by: number): void {
  if (context.info.verb === "watch") return;
  const bucket = isReading(context) ? "reading" : "writing";
  underWay[bucket] += by;
  options.metrics.inFlight(bucket, underWay[bucket]);
}

/** Says by which rule the request was served, or refused. */
function marked({ headers: own }: Flow, response: ApiResponse): ApiResponse {
  const { status, headers, body } = response;
  if (body.is === "upgraded") return response;
  return { status, headers: headers ? { ...headers, ...own } : own, body };
}

const tooMany = (): ApiError =>
  // exact: apiserver
  new ApiError("TooManyRequests", "Too many requests, please try again later.", {
    details: { retryAfterSeconds: 1 },
  });
