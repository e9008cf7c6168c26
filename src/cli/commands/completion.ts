/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/completion/completion.go */
import { defineCommand } from "../command.ts";
import { completionScript, shells } from "../completion/scripts.ts";
import { UsageError } from "../flags.ts";

export const completion = defineCommand({
  name: "completion",
  usage: "bash|zsh|fish",
  summary: "Print a script that completes commands, flags and names in your shell",
  examples: [
    "source <(k8ts completion bash)",
    "k8ts completion fish > ~/.config/fish/completions/k8ts.fish",
  ],
  group: "settings",
  flags: {},

  async run(shell, { args, path }) {
    const [name, ...more] = args;
    // exact: kubectl, the messages
    if (name === undefined) throw new UsageError("Shell not specified.");
    if (more.length > 0) throw new UsageError("Too many arguments. Expected only the shell type.");
    const found = shells.find((known) => known === name);
    if (!found) throw new UsageError(`Unsupported shell type ${JSON.stringify(name)}.`);
    const [program = ""] = path.split(" ");
    shell.output.write(completionScript(found, program));
  },
});
