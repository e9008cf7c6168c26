/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/attach/attach.go */
import { type Call, defineCommand, type Shell } from "../command.ts";
import type { Pod } from "#api/core/pod.ts";
import { flag } from "../flags.ts";
import { openSession } from "../session.ts";
import { attachTo } from "../stream/attach.ts";
import { chooseContainer } from "../stream/containers.ts";
import { refuseCompleted } from "../stream/exec.ts";
import { untilInterrupted } from "../stream/interrupt.ts";
import { bestToAttach, findSource, podOf, runningTimeoutFlag } from "../stream/pods.ts";

const flags = {
  container: flag.text("the container; the pod's default unless said", {
    short: "c",
    value: "NAME",
    fallback: "",
  }),
  stdin: flag.switch("pass input to the container", { short: "i" }),
  tty: flag.switch("use its terminal", { short: "t" }),
  quiet: flag.switch("only what the container says", { short: "q" }),
  "pod-running-timeout": runningTimeoutFlag(60),
} as const;

type AttachCall = Call<typeof flags>;

export const attach = defineCommand({
  name: "attach",
  usage: "(POD | TYPE/NAME) [-c CONTAINER] [flags]",
  summary: "Attach to what runs in a container",
  examples: ["k8ts attach web", "k8ts attach -it web -c shell", "k8ts attach rs/web"],
  group: "debug",
  flags,

  async run(shell, call) {
    const { flags: given } = call;
    checkArguments(call);
    const session = await openSession(shell, call);
    const source = await findSource(session, call.args);
    const pod = await podOf(session, source, {
      toDo: "attach to",
      order: bestToAttach,
      timeoutMs: given["pod-running-timeout"],
    });
    refuseCompleted(pod, "attach");
    await untilInterrupted(shell, attachTo(session, pod, given));
    tellHowToResume(shell, call, pod);
  },
});

// exact: kubectl, the messages
function checkArguments({ args, flags: given }: AttachCall): void {
  if (args.length === 0) throw new Error("at least 1 argument is required for attach");
  if (args.length > 2)
    throw new Error(
      `expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${args.length}: [${args.join(" ")}]`,
    );
  if (given["pod-running-timeout"] <= 0)
    throw new Error("--pod-running-timeout must be higher than zero");
}

/** exact: kubectl. Only to those who sat in its terminal. */
function tellHowToResume(shell: Shell, { flags: given, path }: AttachCall, pod: Pod): void {
  const container = chooseContainer(pod, given.container, () => {});
  const wasInside = given.stdin && container.tty && shell.input.isTerminal;
  if (given.quiet || !wasInside) return;
  const { name, namespace } = pod.metadata;
  const again = `${path} ${name} -c ${container.name} -n ${namespace} -i -t`;
  shell.output.write(
    container.isEphemeral
      ? `Session ended, the ephemeral container will not be restarted but may be reattached using '${again}' if it is still running\n`
      : `Session ended, resume using '${again}' command\n`,
  );
}
