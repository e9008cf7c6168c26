/**
 * Time that moves only when told to. Timers that are due at the same moment fire in the order
 * they were set; between two of them every promise callback runs that can run.
 */
import { assert } from "#base/assert.ts";
import type { Clock } from "#base/clock.ts";

interface Timer {
  readonly at: number;
  readonly seq: number;
  readonly wake: () => void;
  /** It fired or was cancelled; the heap lets go of it later. */
  isOver: boolean;
}

export class VirtualClock implements Clock {
  readonly #startMs: number;
  #nowMs: number;
  #seq = 0;
  /** A binary heap: the next timer stands first. */
  readonly #heap: Timer[] = [];
  #pending = 0;

  constructor(startMs: number = Date.UTC(2030, 0, 1)) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
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

  #end(timer: Timer): void {
    if (!timer.isOver) this.#pending--;
    timer.isOver = true;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** When the next timer is due. */
  get nextAt(): number | undefined {
    return this.#first()?.at;
  }

  /** Runs every timer due within `durationMs`, letting promises settle between timers. */
  async advance(durationMs: number): Promise<void> {
    const deadline = this.#nowMs + durationMs;
    await drain();
    for (let due = this.#first(); due && due.at <= deadline; due = this.#first()) {
      this.#end(due);
      this.#nowMs = Math.max(this.#nowMs, due.at);
      due.wake();
      await drain();
    }
    this.#nowMs = deadline;
  }

  /**
   * Advances, at most `limitMs`, until no timer is due within the next `horizonMs`: until nothing
   * happens any more but what happens rarely. False when it was still busy at the limit.
   */
  async idle(options: { readonly horizonMs: number; readonly limitMs: number }): Promise<boolean> {
    const limit = this.#nowMs + options.limitMs;
    await drain();
    while (this.#nowMs <= limit) {
      const next = this.nextAt;
      if (next === undefined || next > this.#nowMs + options.horizonMs) return true;
      await this.advance(next - this.#nowMs);
    }
    return false;
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
