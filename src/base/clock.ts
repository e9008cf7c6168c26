/**
 * Time, as a dependency.
 *
 * Nothing outside `host/` may read the real clock or set a real timer: a component
 * that takes a `Clock` runs unchanged under the simulator, where an hour costs a millisecond.
 */
import { inOnePiece } from "./in-one-piece.ts";
import { whenAborted } from "./signal.ts";

export interface Clock {
  /** Milliseconds since the epoch (wall time; it may jump). */
  readonly now: () => number;
  /** Milliseconds from an arbitrary origin that never go back: for measuring durations. */
  readonly monotonic: () => number;
  /** Calls `wake` once, `delayMs` from now. Disposing the timer cancels it. */
  readonly after: (delayMs: number, wake: () => void) => Disposable;
  /** Where time does not pass by itself, what breathes must not wait for somebody to move it. */
  readonly breathe?: () => Promise<void>;
}

export const seconds = (n: number): number => n * 1_000;
export const minutes = (n: number): number => n * 60_000;
export const hours = (n: number): number => n * 3_600_000;

/** Sleeps on `clock`; wakes early, without throwing, when `signal` aborts. The only way to sleep. */
export const sleep = (clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> =>
  nap(clock, delayMs, signal).over;

/** A sleep that somebody else may end, too. */
export interface Nap {
  readonly over: Promise<void>;
  readonly end: () => void;
}

/** Without `using`, which is not compiled: this is what loops do all day. */
export function nap(clock: Clock, delayMs: number, signal: AbortSignal): Nap {
  if (signal.aborted) return ended;
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    timer[Symbol.dispose]();
    ending[Symbol.dispose]();
    resolve();
  };
  const timer = clock.after(delayMs, end);
  const ending = whenAborted(signal, end);
  return { over, end };
}

const ended: Nap = { over: Promise.resolve(), end: () => undefined };

/** In the middle of something long: lets others at what they have to do. */
export const breathe = (clock: Clock, signal: AbortSignal): Promise<void> =>
  clock.breathe?.() ?? sleep(clock, 0, signal);

/** The last second that was printed: mostly it is asked for again, and then it is the same text. */
let printed = { second: Number.NaN, text: "" };

/** An RFC 3339 time in UTC with whole seconds, as `metav1.Time` prints it. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1_000);
  if (second !== printed.second) {
    const text = new Date(second * 1_000).toISOString();
    printed = { second, text: inOnePiece(text.slice(0, "2006-01-02T15:04:05".length), "Z") };
  }
  return printed.text;
}

/** A day in UTC, as `2006-01-02`. */
export const formatDay = (ms: number): string =>
  new Date(ms).toISOString().slice(0, "2006-01-02".length);

/** An RFC 3339 time in UTC with microseconds, as `metav1.MicroTime` prints it. */
export function formatMicroTime(ms: number): string {
  const millisecond = Math.floor(ms) - Math.floor(ms / 1_000) * 1_000;
  const fraction = String(1_000 + millisecond).slice(1);
  return inOnePiece(formatTime(ms).slice(0, -1), `.${fraction}000Z`);
}
