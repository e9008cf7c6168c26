import type { Clock } from "#base/clock.ts";

/** Longer delays are waited for in pieces: timers count milliseconds in 31 bits. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, wake) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, timerMsMax);
      timer = setTimeout(() => (leftMs > pieceMs ? wait(leftMs - pieceMs) : wake()), pieceMs);
    };
    wait(delayMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
