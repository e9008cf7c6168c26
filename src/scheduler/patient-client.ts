/**
 * The scheduler's client: it has only so many writes under way at once, and waits when the server
 * says that it has too much to do. Reads pass as they are.
 */
import { ApiError } from "#api/errors.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { CallOptions, Client } from "#client/client.ts";

interface Options {
  readonly clock: Clock;
  /** Half of what the server takes from everybody. */
  readonly writesMax: number;
  readonly signal: AbortSignal;
}

export function patientClient(client: Client, options: Options): Client {
  const writes = new Writes(options);
  return {
    ...client,
    create: (kind, object, call) => writes.run(() => client.create(kind, object, call), call),
    update: (kind, object, call) => writes.run(() => client.update(kind, object, call), call),
    updateStatus: (kind, object, call) =>
      writes.run(() => client.updateStatus(kind, object, call), call),
    patch: (kind, at, patch) => writes.run(() => client.patch(kind, at, patch), patch),
    delete: (kind, name, call) => writes.run(() => client.delete(kind, name, call), call),
    createSub: (kind, at, call) => writes.run(() => client.createSub(kind, at, call), call),
  };
}

class Writes {
  readonly #options: Options;
  readonly #waiting: (() => void)[] = [];
  #next = 0;
  #underWay = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  async run<T>(write: () => Promise<T>, call: CallOptions = {}): Promise<T> {
    await this.#turn();
    try {
      while (true) {
        const result = await this.#try(write, call);
        if (result) return result.value;
      }
    } finally {
      this.#end();
    }
  }

  /** Undefined: once more. */
  async #try<T>(
    write: () => Promise<T>,
    { signal }: CallOptions,
  ): Promise<{ readonly value: T } | undefined> {
    const { clock, signal: stop } = this.#options;
    try {
      return { value: await write() };
    } catch (cause) {
      const delayMs = retryDelayOf(cause);
      if (delayMs === undefined || stop.aborted || signal?.aborted) throw cause;
      await sleep(clock, delayMs, stop);
      return undefined;
    }
  }

  async #turn(): Promise<void> {
    if (this.#underWay < this.#options.writesMax) {
      this.#underWay++;
      return;
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn.resolve);
    await turn.promise;
  }

  /** The place goes to who waits for longest. */
  #end(): void {
    const next = this.#waiting[this.#next];
    if (!next) {
      this.#underWay--;
      return;
    }
    this.#next++;
    next();
    if (this.#next < this.#waiting.length) return;
    this.#waiting.length = 0;
    this.#next = 0;
  }
}

/** Undefined when waiting would not help. */
function retryDelayOf(cause: unknown): number | undefined {
  if (!(cause instanceof ApiError) || cause.reason !== "TooManyRequests") return undefined;
  return seconds(cause.details?.retryAfterSeconds ?? 1);
}
