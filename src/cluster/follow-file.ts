/** A file that may be replaced while the process runs. */
import type { Disk } from "#base/disk.ts";

export interface Followed {
  readonly path: string;
  readonly disk: Pick<Disk, "observe">;
  readonly signal: AbortSignal;
  /** Reads it again, and throws when it is wrong: then all stays as it was. */
  readonly reread: () => Promise<void>;
  readonly complain: (cause: unknown) => void;
}

/** `reread` is called after every change, once at a time, until `signal` aborts. */
export function followFile({ path, disk, signal, reread, complain }: Followed): void {
  let turn = Promise.resolve();
  const watch = disk.observe(path, () => {
    // One after the other: what was read earlier never comes to stand over what was read later.
    turn = turn.then(() => (signal.aborted ? undefined : reread())).catch(complain);
  });
  signal.addEventListener("abort", () => watch[Symbol.dispose](), { once: true });
}
