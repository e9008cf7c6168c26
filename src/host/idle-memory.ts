/**
 * Gives memory back when a process has come to rest. V8 collects garbage when it needs room, and a
 * process that does nothing needs none: what the last burst of work left behind would stay for days.
 * The C library, for its part, keeps what was freed below anything that is still in use.
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
  let after = process.memoryUsage();
  let before = process.cpuUsage();
  while (!signal.aborted) {
    await sleep(clock, periodMs, signal);
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    const isResting = (user + system) / 1_000 < periodMs * restingShare;
    const now = process.memoryUsage();
    const grown = Math.max(now.heapUsed - after.heapUsed, now.rss - after.rss);
    if (signal.aborted || !isResting || grown < worthwhileBytes) continue;
    gc();
    giveBackFreed();
    after = process.memoryUsage();
    before = process.cpuUsage();
  }
}

/** What of Node's `node:ffi` is needed here. */
interface ForeignFunctions {
  readonly dlopen: (
    library: string,
    signatures: Readonly<
      Record<string, { readonly arguments: readonly string[]; readonly return: string }>
    >,
  ) => { readonly functions: Readonly<Record<string, (padBytes: bigint) => number>> };
}

/** Undefined until it was looked for; false where there is no such function (another C library, another Node). */
let trim: ((padBytes: bigint) => number) | false | undefined;

/** The pages of freed memory go back to the system, also those between what is in use. */
export function giveBackFreed(): boolean {
  trim ??= findTrim();
  return trim !== false && trim(0n) >= 0;
}

function findTrim(): ((padBytes: bigint) => number) | false {
  const ffi = process.getBuiltinModule("node:ffi") as ForeignFunctions | undefined;
  if (!ffi || process.platform !== "linux") return false;
  try {
    const signature = { arguments: ["uint64"], return: "int32" };
    return ffi.dlopen("libc.so.6", { malloc_trim: signature }).functions["malloc_trim"] ?? false;
  } catch {
    // Not the GNU C library: then there is nothing of the kind.
    return false;
  }
}
