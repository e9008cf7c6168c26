/**
 * Gives memory back when a process has come to rest. V8 collects garbage when it needs room, and a
 * process that does nothing needs none: what the last burst of work left behind would stay for days.
 */
import { type Clock, seconds, sleep } from "#base/clock.ts";

/** Looked at so often: a collection takes some 30 ms, at most one in this time. */
const periodMs = seconds(15);
/** A process that used no more of a core than this has nothing better to do. */
const restingShare = 0.05;
/** Less than this is not worth it. */
const worthwhileBytes = 8 << 20;

export interface IdleMemoryOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Until `signal` aborts. Does nothing unless Node was started with --expose-gc. */
export async function collectWhenIdle({ clock, signal }: IdleMemoryOptions): Promise<void> {
  const { gc } = globalThis;
  if (!gc) return;
  let usedAfter = process.memoryUsage().heapUsed;
  let before = process.cpuUsage();
  while (!signal.aborted) {
    await sleep(clock, periodMs, signal);
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    const isResting = (user + system) / 1_000 < periodMs * restingShare;
    const garbage = process.memoryUsage().heapUsed - usedAfter;
    if (signal.aborted || !isResting || garbage < worthwhileBytes) continue;
    gc();
    usedAfter = process.memoryUsage().heapUsed;
    before = process.cpuUsage();
  }
}
