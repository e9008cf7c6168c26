/** For unit tests: a log that is kept, and time that moves only when told to. The simulator's clock adds draining and jumps. */
import { assert } from "./assert.ts";
import type { Clock } from "./clock.ts";
import { type Log, type LogFields, silent } from "./log.ts";

interface Timer extends Disposable {
  readonly atMs: number;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<Timer>();

  constructor(nowMs = Date.UTC(2030, 0, 1)) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  after(delayMs: number, wake: () => void): Disposable {
    assert(delayMs >= 0, `timer in the past: ${delayMs} ms`);
    const timers = this.#timers;
    const timer: Timer = {
      atMs: this.#nowMs + delayMs,
      wake,
      [Symbol.dispose]: () => void timers.delete(timer),
    };
    timers.add(timer);
    return timer;
  }

  /** Runs every timer due within `durationMs`, in order; simultaneous ones in the order they were set. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (let due = this.#next(endMs); due; due = this.#next(endMs)) {
      this.#timers.delete(due);
      this.#nowMs = due.atMs;
      due.wake();
    }
    this.#nowMs = endMs;
  }

  /** Timers that nobody cancelled: a test that ends with some has a leak. */
  get pending(): number {
    return this.#timers.size;
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs <= endMs && (!first || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }
}

/** Keeps what is logged as a warning or an error. */
export function complainingTo(complaints: string[]): Log {
  const keep = (message: string, fields: LogFields = {}): void =>
    void complaints.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { ...silent, warn: keep, error: keep, with: () => log };
  return log;
}
