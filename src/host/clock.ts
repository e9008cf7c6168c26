import type { Clock } from "#base/clock.ts";

/** Longer delays are waited for in pieces: timers count milliseconds in 31 bits. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, wake) {
    if (delayMs <= timerMsMax) return setTimeout(wake, delayMs);
    let piece: Disposable = setTimeout(() => {
      piece = systemClock.after(delayMs - timerMsMax, wake);
    }, timerMsMax);
    return { [Symbol.dispose]: () => piece[Symbol.dispose]() };
  },
};
