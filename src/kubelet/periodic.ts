import { type Clock, sleep } from "#base/clock.ts";
import type { Log } from "#base/log.ts";

interface Chore {
  /** As it stands in the log: "image collection". */
  readonly name: string;
  readonly periodMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Tried again a period later when it fails. */
  readonly perform: () => Promise<void>;
}

/** Performs a chore every so often, for the first time after one period, until `signal` aborts. */
export async function repeat(
  { name, periodMs, clock, log, perform }: Chore,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await sleep(clock, periodMs, signal);
    if (signal.aborted) return;
    try {
      await perform();
    } catch (error) {
      log.warn(`${name} failed`, { cause: String(error) });
    }
  }
}
