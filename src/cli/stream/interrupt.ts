/** Ctrl-C ends a stream: that is no failure to talk about. */
import type { Shell } from "../command.ts";
import { ExitCode } from "../explain.ts";

/** 128 + SIGINT, as a shell sees a program that was interrupted. */
const interrupted = 130;

export async function untilInterrupted<T>({ signal }: Shell, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw signal.aborted ? new ExitCode(interrupted) : cause;
  }
}
