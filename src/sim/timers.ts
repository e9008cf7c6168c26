/** Timers in the order in which they are due: a binary heap, with the next one in front. */

/** Disposing it cancels it. */
export class Timer implements Disposable {
  readonly at: number;
  /** Those that are due at the same moment fire in the order in which they were set. */
  readonly seq: number;
  readonly wake: () => void;
  /** It fired or was cancelled; the heap lets go of it later. */
  isOver = false;
  readonly #timers: Timers;

  constructor(timers: Timers, due: Pick<Timer, "at" | "seq" | "wake">) {
    this.#timers = timers;
    this.at = due.at;
    this.seq = due.seq;
    this.wake = due.wake;
  }

  [Symbol.dispose](): void {
    this.#timers.end(this);
  }
}

export class Timers {
  readonly #heap: Timer[] = [];
  #seq = 0;
  #pending = 0;

  /** Neither fired nor cancelled. */
  get pending(): number {
    return this.#pending;
  }

  get first(): Timer | undefined {
    let first = this.#heap[0];
    while (first?.isOver) {
      this.#removeFirst();
      first = this.#heap[0];
    }
    return first;
  }

  add(at: number, wake: () => void): Timer {
    const timer = new Timer(this, { at, seq: this.#seq++, wake });
    this.#pending++;
    this.#rise(timer);
    return timer;
  }

  end(timer: Timer): void {
    if (!timer.isOver) this.#pending--;
    timer.isOver = true;
    // Set far ahead and cancelled at once, as deadlines are: nothing has to be put in order again.
    if (this.#heap.at(-1) === timer) this.#heap.pop();
  }

  #rise(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!isBefore(timer, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  /** The last one takes the first place and sinks to where it belongs. */
  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    while (true) {
      const below = earlierChild(heap, at);
      const child = heap[below];
      if (!child || !isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.seq < b.seq);

function earlierChild(heap: readonly Timer[], at: number): number {
  const left = 2 * at + 1;
  const first = heap[left];
  const second = heap[left + 1];
  return first && second && isBefore(second, first) ? left + 1 : left;
}
