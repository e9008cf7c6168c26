/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/use_context.go */
import { defineCommand } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { openConfig } from "#cli/config/files.ts";

export const configUseContext = defineCommand({
  name: "config use-context",
  usage: "CONTEXT",
  summary: "Make a context the current one",
  examples: ["k8ts config use-context staging"],
  aliases: ["config use"],
  group: "settings",
  flags: {},

  async run(shell, { args, flags: given }) {
    const [name] = theArguments(args, 1);
    const files = await openConfig(shell, given);
    // exact: kubectl, the messages
    if (!files.find("contexts", name))
      throw new Error(`no context exists with the name: ${JSON.stringify(name)}`);
    await files.makeCurrent(name);
    shell.output.write(`Switched to context "${name}".\n`);
  },
});
