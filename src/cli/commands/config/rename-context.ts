/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/rename_context.go */
import { defineCommand } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { openConfig } from "#cli/config/files.ts";

export const configRenameContext = defineCommand({
  name: "config rename-context",
  usage: "CONTEXT NEW_NAME",
  summary: "Give a context of the kubeconfig another name",
  group: "settings",
  flags: {},

  async run(shell, { args, flags: given }) {
    const [name, next] = theArguments(args, 2);
    const files = await openConfig(shell, given);
    const entry = files.find("contexts", name);
    const cannot = `cannot rename the context "${name}",`;
    // exact: kubectl, the messages
    if (!entry) throw new Error(`${cannot} it's not in ${files.path}`);
    if (files.find("contexts", next))
      throw new Error(`${cannot} the context "${next}" already exists in ${files.path}`);
    await files.change({ list: "contexts", name: next, entry });
    await files.change({ list: "contexts", name, entry: undefined });
    if (files.merged["current-context"] === name) await files.makeCurrent(next);
    shell.output.write(`Context "${name}" renamed to "${next}".\n`);
  },
});
