/**
 * How long watches that begin with the state take to have told it: until the bookmark that ends it is on its way.
 * upstream: apiserver/pkg/endpoints/metrics, apiserver_watch_list_duration_seconds
 */
import type { ApiResponse, WatchBatch, WatchEvent } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Context } from "./context.ts";
import { scopeOf } from "./metrics.ts";

const buckets = [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60];

/** The same answer, timed where it is one of those watches. `started` is on the monotonic clock. */
export type WatchListTimer = (
  context: Context,
  response: ApiResponse,
  started: number,
) => ApiResponse;

export function watchListTimer(metrics: Metrics, clock: Clock): WatchListTimer {
  const times = metrics.histogram(
    "apiserver_watch_list_duration_seconds",
    "Time from request to the end of the state, of watches that begin with it.",
    ["group", "resource", "scope", "version"],
    buckets,
  );
  return ({ request, info, kind }, response, started) => {
    const { body } = response;
    if (!kind || body.is !== "watch" || request.query.get("sendInitialEvents") !== "true")
      return response;
    const cell = times.with(kind.group, kind.plural, scopeOf(info), kind.version);
    const ended = (): void => cell.observe((clock.monotonic() - started) / 1_000);
    return { ...response, body: { ...body, events: timed(body.events, ended) } };
  };
}

/** Looks at every batch until the one with the bookmark, and at none from there on. */
const timed = (
  events: AsyncIterable<WatchBatch>,
  ended: () => void,
): AsyncIterable<WatchBatch> => ({
  [Symbol.asyncIterator]() {
    const batches = events[Symbol.asyncIterator]();
    let isTold = false;
    const look = (result: IteratorResult<WatchBatch>): typeof result => {
      isTold = result.done === true || result.value.some(isInitialEnd);
      if (isTold && !result.done) ended();
      return result;
    };
    return {
      next: () => (isTold ? batches.next() : batches.next().then(look)),
      return: async () => (await batches.return?.()) ?? { done: true, value: undefined },
    };
  },
});

const isInitialEnd = (event: WatchEvent): boolean =>
  event.type === "BOOKMARK" && event.isInitialEnd;
