/** Attaching to what already runs in a container: `attach`, `run -it`. */
import type { Pod } from "#api/core/pod.ts";
import type { Session } from "../session.ts";
import { chooseContainer } from "./containers.ts";
import { dialling, podPath } from "./exec.ts";
import { runRemoteCommand } from "./remote-command.ts";
import { openTerminal, type TerminalWish } from "./terminal.ts";

export interface Attachment extends TerminalWish {
  /** Empty: the pod's default. */
  readonly container: string;
}

/**
 * Joins the shell's streams with a running container until either ends. Throws what the server
 * refuses with; `ProgramFailed` when the runtime knows the exit code.
 */
export async function attachTo(session: Session, pod: Pod, wish: Attachment): Promise<void> {
  const { shell } = session;
  const say = (line: string): void => {
    if (!wish.quiet) shell.errors.write(line);
  };
  const container = chooseContainer(pod, wish.container, say);
  // exact: kubectl
  if (wish.tty && !container.tty)
    say(`error: Unable to use a TTY - container ${container.name} did not allocate one\n`);
  using terminal = openTerminal(shell, { ...wish, tty: container.tty });
  const { screen } = terminal;
  say(
    "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n",
  );
  say("If you don't see a command prompt, try pressing enter.\n");
  await runRemoteCommand(dialling(session), {
    ...terminal,
    path: podPath(pod, "attach"),
    container: container.name,
    screen: screen && { ...screen, redraws: true },
  });
}
