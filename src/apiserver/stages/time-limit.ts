import { ApiError } from "#api/errors.ts";
import type { Clock } from "#base/clock.ts";
import { writeTimeoutMs } from "../limits.ts";
import type { Stage } from "../context.ts";
import { isLongRunning, isReading } from "./limit.ts";

/** No write keeps its caller waiting for ever. Reads do not wait for anything outside. */
export function timeLimit(clock: Clock): Stage {
  const deadlines = new Deadlines(clock);
  return (context, next) =>
    isLongRunning(context) || isReading(context)
      ? next(context)
      : deadlines.limited(() => next(context));
}

interface Deadline {
  readonly atMs: number;
  readonly miss: () => void;
}

/** All of them are equally far away, so one timer for the first one will do. */
class Deadlines {
  readonly #clock: Clock;
  readonly #open = new Set<Deadline>();
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  limited<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const atMs = this.#clock.monotonic() + writeTimeoutMs;
      const deadline: Deadline = { atMs, miss: () => reject(tooLate()) };
      this.#open.add(deadline);
      if (this.#timer === undefined) this.#wait(writeTimeoutMs);
      void this.#finish(deadline, work).then(resolve, reject);
    });
  }

  async #finish<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#close(deadline);
    }
  }

  #wait(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => this.#check());
  }

  #close(deadline: Deadline): void {
    this.#open.delete(deadline);
    if (this.#open.size > 0) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #check(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const deadline of this.#open) {
      if (deadline.atMs > now) {
        this.#wait(deadline.atMs - now);
        return;
      }
      this.#open.delete(deadline);
      deadline.miss();
    }
  }
}

const tooLate = (): ApiError =>
  // exact: apiserver
  new ApiError("Timeout", "Timeout: request did not complete within the allotted timeout");
