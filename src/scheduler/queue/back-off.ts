/**
 * Pods that failed lately. Their delays end at whole seconds, so that those of one second come back
 * in the order of their rank; the queue may take them earlier when it has nothing else to do.
 * upstream: pkg/scheduler/backend/queue/backoff_queue.go
 */
import { backoffDelay, type BackoffOptions } from "#base/backoff.ts";
import { type Clock, seconds } from "#base/clock.ts";
import { Heap } from "./heap.ts";
import type { QueuedPod } from "./queued-pod.ts";

export const podBackoff: BackoffOptions = { firstMs: seconds(1), maxMs: seconds(10) };

const windowMs = seconds(1);

interface Options {
  readonly clock: Clock;
  readonly ranksBefore: (a: QueuedPod, b: QueuedPod) => boolean;
  /** Some delays may be over. */
  readonly onDue: () => void;
}

export class BackOff implements Disposable {
  readonly #options: Options;
  readonly #heap: Heap<QueuedPod>;
  #timer: Disposable | undefined;
  #timerAtMs = Infinity;

  constructor(options: Options) {
    this.#options = options;
    this.#heap = new Heap((a, b) =>
      a.backoffUntilMs === b.backoffUntilMs
        ? options.ranksBefore(a, b)
        : a.backoffUntilMs < b.backoffUntilMs,
    );
  }

  get size(): number {
    return this.#heap.size;
  }

  add(queued: QueuedPod): void {
    this.#heap.push(queued);
    this.#setTimer();
  }

  remove(queued: QueuedPod): void {
    this.#heap.remove(queued);
  }

  moved(queued: QueuedPod): void {
    this.#heap.moved(queued);
  }

  /** The first, whether its delay is over or not. */
  take(): QueuedPod | undefined {
    return this.#heap.pop();
  }

  /** Those whose delay is over. */
  *takeDue(): Iterable<QueuedPod> {
    const now = this.#options.clock.monotonic();
    for (let first = this.#heap.peek(); first && first.backoffUntilMs <= now;) {
      this.#heap.remove(first);
      yield first;
      first = this.#heap.peek();
    }
    this.#setTimer();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #setTimer(): void {
    const dueMs = this.#heap.peek()?.backoffUntilMs ?? Infinity;
    if (dueMs >= this.#timerAtMs) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerAtMs = dueMs;
    const { clock, onDue } = this.#options;
    this.#timer = clock.after(Math.max(dueMs - clock.monotonic(), 0), () => {
      this.#timerAtMs = Infinity;
      onDue();
    });
  }
}

/** When the delay after its last failure ends, rounded up to the second. */
export function backoffEnd(
  { sinceMs, errors, refusals }: QueuedPod,
  options: BackoffOptions = podBackoff,
): number {
  const endMs = sinceMs + backoffDelay(options, errors > 0 ? errors : refusals);
  return Math.ceil(endMs / windowMs) * windowMs;
}
