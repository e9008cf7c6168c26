/** A signal that aborts when the user wants no more, or when time is up. */
import type { Clock } from "#base/clock.ts";

export interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
  readonly isOver: () => boolean;
}

/** 0 or less: no limit. */
export function timeLimit(clock: Clock, timeoutMs: number, signal: AbortSignal): TimeLimit {
  if (timeoutMs <= 0) return { signal, isOver: () => false, [Symbol.dispose]: () => {} };
  const limit = new AbortController();
  const timer = clock.after(timeoutMs, () => limit.abort());
  return {
    signal: AbortSignal.any([signal, limit.signal]),
    isOver: () => limit.signal.aborted,
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}
