/** How much of the user's terminal a command in a container gets. */
import type { Shell } from "../command.ts";
import type { RemoteCommand } from "./remote-command.ts";

export interface TerminalWish {
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly quiet: boolean;
}

export interface Terminal
  extends Pick<RemoteCommand, "stdin" | "stdout" | "stderr" | "screen">, Disposable {}

/** Raw until disposed, where both ends are terminals. */
export function openTerminal(
  { input, output, errors }: Shell,
  { stdin, tty, quiet }: TerminalWish,
): Terminal {
  const isRaw = stdin && tty && input.isTerminal;
  if (stdin && tty && !isRaw && !quiet)
    errors.write("Unable to use a TTY - input is not a terminal or the right kind of file\n"); // exact: kubectl
  const streams = { stdin: stdin ? input.chunks() : undefined, stdout: output.write };
  if (!isRaw) return { ...streams, stderr: errors.write, [Symbol.dispose]: () => {} };
  const raw = input.raw();
  return { ...streams, screen: output, [Symbol.dispose]: () => raw[Symbol.dispose]() };
}
