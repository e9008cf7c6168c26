/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/delete_context.go */
import { defineCommand } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { openConfig } from "#cli/config/files.ts";

export const configDeleteContext = defineCommand({
  name: "config delete-context",
  usage: "CONTEXT",
  summary: "Delete a context from the kubeconfig",
  group: "settings",
  flags: {},

  async run(shell, { args, flags: given, path: called }) {
    const [name] = theArguments(args, 1);
    const files = await openConfig(shell, given);
    const path = files.pathOf("contexts", name);
    // exact: kubectl, the messages
    if (!files.find("contexts", name))
      throw new Error(`cannot delete context ${name}, not in ${path}`);
    const use = called.replace(/delete-context$/, "use-context");
    if (files.merged["current-context"] === name)
      shell.errors.write(
        `warning: this removed your active context, use "${use}" to select a different one\n`,
      );
    await files.change({ list: "contexts", name, entry: undefined });
    shell.output.write(`deleted context ${name} from ${path}\n`);
  },
});
