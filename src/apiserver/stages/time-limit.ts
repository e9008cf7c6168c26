import { ApiError, badRequest } from "#api/errors.ts";
import type { ApiResponse } from "#api/request.ts";
import type { Clock } from "#base/clock.ts";
import { DeadlineExceeded, within } from "#base/deadline.ts";
import { durationProblem, parseDuration } from "#base/duration.ts";
import { finish, type Soon } from "#base/soon.ts";
import { requestTimeoutMs } from "../limits.ts";
import type { Context, Next, Stage } from "../context.ts";
import { isLongRunning } from "./limit.ts";

/**
 * Nobody waits for ever: what is neither a watch nor a stream is answered in a minute, or with 504. Who says
 * `?timeout=` waits no longer than that. upstream: apiserver/pkg/endpoints/filters/request_deadline.go
 */
export function timeLimit(clock: Clock): Stage {
  const deadlines = new Deadlines(clock);
  return (context, next) => {
    const { query, upgrade, streamed } = context.request;
    // What is no request any more has no end that could be late.
    if (isLongRunning(context) || upgrade) return next(context);
    const asked = query.size > 0 ? query.get("timeout") : null;
    const timeoutMs = asked ? timeoutOf(asked) : 0;
    if (timeoutMs > 0 && timeoutMs < requestTimeoutMs)
      return hurried({ clock, timeoutMs }, context, next);
    // Somebody else's server is told that nobody waits any more.
    if (streamed) return hurried({ clock, timeoutMs: requestTimeoutMs }, context, next);
    return deadlines.limit(next(context));
  };
}

function timeoutOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  // exact: apiserver
  const why = `invalid timeout specified in the request URL - ${durationProblem(text)}`;
  throw badRequest(why);
}

interface Hurry {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** What is under way is told to stop. */
async function hurried(
  { clock, timeoutMs }: Hurry,
  context: Context,
  next: Next,
): Promise<ApiResponse> {
  const { request } = context;
  try {
    return await within(clock, { timeoutMs, signal: request.signal }, async (signal) =>
      next({ ...context, request: { ...request, signal } }),
    );
  } catch (cause) {
    throw cause instanceof DeadlineExceeded ? tooLate() : cause;
  }
}

interface Deadline {
  readonly atMs: number;
  readonly miss: () => void;
}

/** All of them are equally far away, so one timer for the first one will do. */
class Deadlines {
  readonly #clock: Clock;
  readonly #open = new Set<Deadline>();
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is there already needs no deadline. */
  limit<T>(work: Soon<T>): Soon<T> {
    if (!(work instanceof Promise)) return work;
    return new Promise((resolve, reject) => {
      const atMs = this.#clock.monotonic() + requestTimeoutMs;
      const deadline: Deadline = { atMs, miss: () => reject(tooLate()) };
      this.#open.add(deadline);
      if (this.#timer === undefined) this.#wait(requestTimeoutMs);
      void finish(
        () => work,
        (value) => {
          this.#close(deadline);
          resolve(value);
        },
        (cause) => {
          this.#close(deadline);
          reject(cause);
        },
      );
    });
  }

  #wait(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => this.#check());
  }

  #close(deadline: Deadline): void {
    this.#open.delete(deadline);
    if (this.#open.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #check(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const deadline of this.#open) {
      if (deadline.atMs > now) {
        this.#wait(deadline.atMs - now);
        return;
      }
      this.#open.delete(deadline);
      deadline.miss();
    }
  }
}

const tooLate = (): ApiError =>
  // exact: apiserver
  new ApiError("Timeout", "Timeout: request did not complete within the allotted timeout");
