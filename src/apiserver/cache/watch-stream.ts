/**
 * What one watcher has still to read. It never blocks whoever writes to it: a reader that falls
 * too far behind is told to start over (410 Expired) and dropped.
 */
import { ApiError } from "#api/errors.ts";
import type { WatchBatch, WatchEvent } from "#api/request.ts";

export const pendingMax = 10_000;

export class WatchStream implements AsyncIterableIterator<WatchBatch, void> {
  readonly #onEnd: () => void;
  #pending: WatchEvent[] = [];
  /** What the watch begins with does not count. */
  #pendingMax = pendingMax;
  #reader: PromiseWithResolvers<IteratorResult<WatchBatch, void>> | undefined;
  #isEnded = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Puts events before all others: the state or history that the watch starts with. */
  begin(events: WatchEvent[]): void {
    this.#pending = events.concat(this.#pending);
    this.#pendingMax = events.length + pendingMax;
  }

  push(event: WatchEvent): void {
    if (this.#isEnded) return;
    this.#pending.push(event);
    if (this.#pending.length > this.#pendingMax) this.#drop();
  }

  /** Wakes the reader, if there is something for it: all events of one moment in one batch. */
  flush(): void {
    const reader = this.#reader;
    if (!reader || (this.#pending.length === 0 && !this.#isEnded)) return;
    this.#reader = undefined;
    reader.resolve(this.#take());
  }

  /** The reader gets what is pending, then the end. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
    this.flush();
  }

  next(): Promise<IteratorResult<WatchBatch, void>> {
    if (this.#pending.length > 0 || this.#isEnded) return Promise.resolve(this.#take());
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<WatchBatch, void>> {
    this.#pending = [];
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #take(): IteratorResult<WatchBatch, void> {
    if (this.#pending.length === 0) return { done: true, value: undefined };
    const value = this.#pending;
    this.#pending = [];
    this.#pendingMax = pendingMax;
    return { done: false, value };
  }

  #drop(): void {
    this.#pending = [{ type: "ERROR", error: tooSlow() }];
    this.end();
  }
}

const tooSlow = (): ApiError =>
  new ApiError("Expired", "too old resource version: the watcher was too slow");
