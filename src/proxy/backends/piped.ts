/**
 * Input for programs that open /dev/stdin by its name: what Node gives a child is a socket, and
 * that cannot be opened again. `cat` turns it into a pipe.
 */
import type { Command } from "#base/processes.ts";

export const piped = (command: readonly string[], input: string): Command => ({
  program: "sh",
  args: ["-c", 'cat | exec "$@"', "sh", ...command],
  input,
});
