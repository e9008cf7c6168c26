/**
 * Time that moves only when told to. Timers that are due at the same moment fire in the order
 * they were set; between two of them every promise callback runs that can run.
 */
import { assert } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";
import { type Duration, durationMs } from "./duration.ts";

interface Timer {
  readonly at: number;
  readonly seq: number;
  readonly wake: () => void;
  /** It fired or was cancelled; the heap lets go of it later. */
  isOver: boolean;
}

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
  #seq = 0;
  /** A binary heap: the next timer stands first. */
  readonly #heap: Timer[] = [];
  #pending = 0;
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
    const at = this.#nowMs + delayMs;
    const timer: Timer = { at, seq: this.#seq++, wake, isOver: false };
    push(this.#heap, timer);
    this.#pending++;
    return { [Symbol.dispose]: () => this.#end(timer) };
  };

  /** Nobody else runs at the same time, so nobody waits. */
  readonly breathe = (): Promise<void> => Promise.resolve();

  #end(timer: Timer): void {
    if (!timer.isOver) this.#pending--;
    timer.isOver = true;
    // Set far ahead and cancelled at once, as deadlines are: nothing has to be put in order again.
    if (this.#heap.at(-1) === timer) this.#heap.pop();
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** When the next timer is due. */
  get nextAt(): number | undefined {
    return this.#first()?.at;
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
    for (let due = this.#first(); due && due.at <= deadline; due = this.#first()) {
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
    const due = this.#first();
    if (!due || due.at > limitMs) return false;
    await this.#fire(due);
    return true;
  }

  async #fire(due: Timer): Promise<void> {
    this.#end(due);
    this.#nowMs = Math.max(this.#nowMs, due.at);
    due.wake();
    await this.settle();
  }

  #first(): Timer | undefined {
    let first = this.#heap[0];
    while (first?.isOver) {
      pop(this.#heap);
      first = this.#heap[0];
    }
    return first;
  }
}

/** One real turn of the event loop; it takes no time, so it is the same in every run. */
const turn = setImmediate;

/** Lets every pending promise callback run, including the ones they schedule. */
export const drain = (): Promise<void> => new Promise((resolve) => turn(resolve));

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

function push(heap: Timer[], timer: Timer): void {
  let at = heap.push(timer) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at] as Timer, heap[parent] as Timer)) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  heap[0] = last;
  let at = 0;
  while (true) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      const timer = heap[child];
      if (timer && isBefore(timer, heap[least] as Timer)) least = child;
    }
    if (least === at) return;
    swap(heap, at, least);
    at = least;
  }
}

function swap(heap: Timer[], a: number, b: number): void {
  const timer = heap[a] as Timer;
  heap[a] = heap[b] as Timer;
  heap[b] = timer;
}
