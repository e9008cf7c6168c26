/** The scheduler's client: its writes wait when the server says that it has too much to do. */
import { ApiError } from "#api/errors.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { CallOptions, Client } from "#client/client.ts";

interface Options {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export function patientClient(client: Client, options: Options): Client {
  const patiently = <T>(write: () => Promise<T>, call?: CallOptions): Promise<T> =>
    untilTaken(write, call, options);
  return {
    ...client,
    create: (kind, object, call) => patiently(() => client.create(kind, object, call), call),
    update: (kind, object, call) => patiently(() => client.update(kind, object, call), call),
    patch: (kind, at, patch) => patiently(() => client.patch(kind, at, patch), patch),
    delete: (kind, name, call) => patiently(() => client.delete(kind, name, call), call),
    createSub: (kind, at, call) => patiently(() => client.createSub(kind, at, call), call),
  };
}

async function untilTaken<T>(
  write: () => Promise<T>,
  { signal }: CallOptions = {},
  { clock, signal: stop }: Options,
): Promise<T> {
  while (true) {
    try {
      return await write();
    } catch (cause) {
      const delayMs = retryDelayOf(cause);
      if (delayMs === undefined || stop.aborted || signal?.aborted) throw cause;
      await sleep(clock, delayMs, stop);
    }
  }
}

/** Undefined when waiting would not help. */
function retryDelayOf(cause: unknown): number | undefined {
  if (!(cause instanceof ApiError) || cause.reason !== "TooManyRequests") return undefined;
  return seconds(cause.details?.retryAfterSeconds ?? 1);
}
