/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/unset.go */
import { defineCommand } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { namesIn } from "#cli/config/entries.ts";
import { type ConfigFiles, openConfig } from "#cli/config/files.ts";
import { parseProperty, type Property, withoutField } from "#cli/config/property.ts";

export const configUnset = defineCommand({
  name: "config unset",
  usage: "PROPERTY",
  summary: "Take one value out of the kubeconfig",
  examples: ["k8ts config unset contexts.lab.namespace", "k8ts config unset users.robot"],
  group: "settings",
  flags: {},

  async run(shell, { args, flags: given }) {
    const [text] = theArguments(args, 1);
    const files = await openConfig(shell, given);
    await unset(files, parseProperty(files.merged, text));
    shell.output.write(`Property "${text}" unset.\n`); // exact: kubectl
  },
});

async function unset(files: ConfigFiles, property: Property): Promise<void> {
  switch (property.is) {
    case "current":
      return files.makeCurrent("");
    case "list": {
      const { list } = property;
      for (const name of namesIn(files.merged, list))
        await files.change({ list, name, entry: undefined });
      return;
    }
    case "field": {
      const { list, name, field } = property;
      const before = files.find(list, name);
      if (!before) return;
      const entry = field === undefined ? undefined : withoutField(before, field);
      return files.change({ list, name, entry });
    }
    default:
      return property satisfies never;
  }
}
