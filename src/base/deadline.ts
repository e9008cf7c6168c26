/** Waiting for somebody outside, but not for ever. */
import type { Clock } from "./clock.ts";
import { whenAborted } from "./signal.ts";

/** exact: Go's context */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";
  override readonly message = "context deadline exceeded";
}

export interface Limit {
  readonly timeoutMs: number;
  /** Whoever waits for it all. */
  readonly signal: AbortSignal | undefined;
}

/** Nothing that a webhook does or leaves undone keeps the caller waiting longer. */
export async function within<T>(
  clock: Clock,
  { timeoutMs, signal }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const ended = Promise.withResolvers<never>();
  const end = (why: Error): void => {
    ended.reject(why);
    own.abort(why);
  };
  const leave = (): void => end(new Error("context canceled"));
  using _timer = clock.after(timeoutMs, () => end(new DeadlineExceeded()));
  using _ending = signal && whenAborted(signal, leave);
  return await Promise.race([ended.promise, work(own.signal)]);
}
