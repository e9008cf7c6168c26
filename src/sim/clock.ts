/**
 * Time that moves only when told to. Timers that are due at the same moment fire in the order
 * they were set; between two of them every promise callback runs that can run.
 */
import { assert } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import { type Duration, durationMs } from "./duration.ts";
import { type Timer, Timers } from "./timers.ts";

export interface ClockHooks {
  /** Throws when it makes no sense to go on: a component has failed. */
  readonly check?: () => void;
  /** Someone is at work whom promises do not tell of: asked in each turn of the event loop. */
  readonly isBusy?: () => boolean;
  /** Someone wants time to pass. */
  readonly moving?: () => void;
}

export class VirtualClock implements Clock {
  readonly #startMs: number;
  #nowMs: number;
  readonly #timers = new Timers();
  /** The end of all work outside that was begun. */
  #outsideEnd: Promise<unknown> = Promise.resolve();
  #outside = 0;

  readonly #hooks: ClockHooks;

  constructor(startMs: number = Date.UTC(2030, 0, 1), hooks: ClockHooks = {}) {
    this.#hooks = hooks;
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  /** Another clock that shows the same time, without timers. */
  fork(hooks: ClockHooks): VirtualClock {
    const twin = new VirtualClock(this.#startMs, hooks);
    twin.#nowMs = this.#nowMs;
    return twin;
  }

  readonly now = (): number => this.#nowMs;

  readonly monotonic = (): number => this.#nowMs - this.#startMs;

  readonly after = (delayMs: number, wake: () => void): Disposable => {
    assert(delayMs >= 0, `timer in the past: ${delayMs} ms`);
    return this.#timers.add(this.#nowMs + delayMs, wake);
  };

  /** Nobody else runs at the same time, so nobody waits. */
  readonly breathe = (): Promise<void> => Promise.resolve();

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#timers.pending;
  }

  /** When the next timer is due. */
  get nextAt(): number | undefined {
    return this.#timers.first?.at;
  }

  /**
   * Performs work that other threads do: time stands still until it is over. One after the other, so
   * that it ends in the order in which it began.
   */
  readonly outside = <T>(work: () => Promise<T>): Promise<T> => {
    this.#outside++;
    const done = this.#outsideEnd.then(work).finally(() => this.#outside--);
    this.#outsideEnd = done.catch(() => undefined);
    return done;
  };

  /** Lets everything happen that can happen without time passing. */
  async settle(): Promise<void> {
    do {
      await drain();
      while (this.#outside > 0) {
        await this.#outsideEnd;
        await drain();
      }
    } while (this.#hooks.isBusy?.());
  }

  /**
   * Runs every timer due within this time ("30 days", or milliseconds), letting everything settle
   * between timers. Throws when `signal` aborts.
   */
  async advance(duration: Duration, signal?: AbortSignal): Promise<void> {
    const deadline = this.#nowMs + durationMs(duration);
    this.#hooks.moving?.();
    await this.settle();
    for (let due = this.#timers.first; due && due.at <= deadline; due = this.#timers.first) {
      signal?.throwIfAborted();
      await this.#fire(due);
      this.#hooks.check?.();
    }
    this.#nowMs = Math.max(this.#nowMs, deadline);
  }

  /** Goes on to the next timer, when one is due before `limitMs` (since the epoch). */
  async step(limitMs: number): Promise<boolean> {
    this.#hooks.moving?.();
    await this.settle();
    const due = this.#timers.first;
    if (!due || due.at > limitMs) return false;
    await this.#fire(due);
    return true;
  }

  async #fire(due: Timer): Promise<void> {
    this.#timers.end(due);
    this.#nowMs = Math.max(this.#nowMs, due.at);
    due.wake();
    await this.settle();
  }
}

/** One real turn of the event loop; it takes no time, so it is the same in every run. */
const turn = setImmediate;

/** Lets every pending promise callback run, including the ones they schedule. */
export const drain = (): Promise<void> => new Promise((resolve) => turn(resolve));
