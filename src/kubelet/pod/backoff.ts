/**
 * How long a container that crashes, and an image that cannot be pulled, have to wait.
 * upstream: staging/src/k8s.io/client-go/util/flowcontrol/backoff.go
 */
import { minutes, seconds } from "#base/clock.ts";
import { backoffDelay } from "#base/backoff.ts";
import type { CrashBackoff, PullBackoff, Retry } from "./state.ts";

const firstMs = seconds(10);
const maxMs = minutes(5);

const grown = (delayMs: number): number => Math.min(delayMs * 2, maxMs);

/** A container that ran for longer than this before it ended starts over. */
const forgottenAfterMs = 2 * maxMs;

/** When a container that ended at `finishedAtMs` may start again; at once after its first crash. */
export const crashUntilMs = (crash: CrashBackoff | undefined, finishedAtMs: number): number =>
  !crash || isForgotten(crash, finishedAtMs) ? 0 : finishedAtMs + crash.delayMs;

/** The back-off after one more start. */
export const nextCrash = (
  crash: CrashBackoff | undefined,
  finishedAtMs: number,
  atMs: number,
): CrashBackoff => ({
  delayMs: !crash || isForgotten(crash, finishedAtMs) ? firstMs : grown(crash.delayMs),
  setAtMs: atMs,
});

const isForgotten = (crash: CrashBackoff, finishedAtMs: number): boolean =>
  finishedAtMs - crash.setAtMs > forgottenAfterMs;

/** For a moment the error itself is shown, then that we are waiting. */
const noticeMs = seconds(2);

export function nextPull(pull: PullBackoff | undefined, error: string, atMs: number): PullBackoff {
  const isOld = !pull || atMs - pull.untilMs > forgottenAfterMs;
  const delayMs = isOld ? firstMs : grown(pull.delayMs);
  return { delayMs, untilMs: atMs + delayMs, noticeAtMs: atMs + noticeMs, error };
}

/** upstream: pkg/volume/util/operationexecutor, 500 ms doubling to two minutes. */
const mountBackoff = { firstMs: 500, maxMs: seconds(122) };
const workBackoff = { firstMs: 250, maxMs: seconds(10) };

const retryAfter =
  (options: typeof workBackoff) =>
  (retry: Retry | undefined, atMs: number): Retry => {
    const failures = (retry?.failures ?? 0) + 1;
    return { failures, atMs: atMs + backoffDelay(options, failures) };
  };

export const nextMountRetry = retryAfter(mountBackoff);
/** For everything that has no delay of its own. */
export const nextRetry = retryAfter(workBackoff);

export const isDue = (retry: Retry | undefined, atMs: number): boolean =>
  !retry || retry.atMs <= atMs;
