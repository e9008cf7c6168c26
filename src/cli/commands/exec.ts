/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/exec/exec.go */
import { type Call, defineCommand } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { openSession } from "../session.ts";
import { chooseContainer } from "../stream/containers.ts";
import { execIn, refuseCompleted } from "../stream/exec.ts";
import { untilInterrupted } from "../stream/interrupt.ts";
import { bestToAttach, findSource, podOf, runningTimeoutFlag } from "../stream/pods.ts";
import { openTerminal } from "../stream/terminal.ts";

const flags = {
  container: flag.text("the container; the pod's default unless said", {
    short: "c",
    value: "NAME",
    fallback: "",
  }),
  stdin: flag.switch("pass input to the command", { short: "i" }),
  tty: flag.switch("run it in a terminal", { short: "t" }),
  quiet: flag.switch("only what the command says", { short: "q" }),
  "pod-running-timeout": runningTimeoutFlag(60),
} as const;

export const exec = defineCommand({
  name: "exec",
  usage: "(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [ARGS...]",
  summary: "Run a command in a container",
  details: "The command's exit code becomes this program's.",
  examples: [
    "k8ts exec web -- date",
    "k8ts exec -it deploy/web -c app -- sh",
    "tar cf - src | k8ts exec -i web -- tar xf - -C /tmp",
  ],
  group: "debug",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    const word = sourceOf(call);
    const session = await openSession(shell, call);
    const source = await findSource(session, [word]);
    const timeoutMs = given["pod-running-timeout"];
    const pod = await podOf(session, source, {
      toDo: "attach to",
      order: bestToAttach,
      timeoutMs,
    });
    refuseCompleted(pod, "exec into");
    const container = given.container || chooseContainer(pod, "", sayTo(shell, given.quiet)).name;
    using terminal = openTerminal(shell, given);
    await untilInterrupted(
      shell,
      execIn(session, pod, { ...terminal, container, command: call.rest }),
    );
  },
});

const sayTo =
  ({ errors }: Parameters<typeof exec.run>[0], isQuiet: boolean) =>
  (line: string): void => {
    if (!isQuiet) errors.write(line);
  };

// exact: kubectl, the messages
function sourceOf({ args, rest }: Call<typeof flags>): string {
  const [word, ...more] = args;
  if (more.length > 0 && rest.length === 0)
    throw new UsageError(
      "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
    );
  if (word === undefined) throw new Error("pod, type/name or --filename must be specified");
  if (rest.length === 0) throw new Error("you must specify at least one command for the container");
  return word;
}
