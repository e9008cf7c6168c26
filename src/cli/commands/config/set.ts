/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/set.go */
import { defineCommand } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { openConfig } from "#cli/config/files.ts";
import { parseProperty, valueOf } from "#cli/config/property.ts";
import { flag } from "#cli/flags.ts";

export const configSet = defineCommand({
  name: "config set",
  usage: "PROPERTY VALUE",
  summary: "Set one value in the kubeconfig",
  examples: ["k8ts config set contexts.lab.namespace dev"],
  group: "settings",
  flags: {
    "set-raw-bytes": flag.switch("the value of a …-data field is not yet base64"),
  },

  async run(shell, { args, flags: given }) {
    const [text, value] = theArguments(args, 2);
    const files = await openConfig(shell, given);
    const property = parseProperty(files.merged, text);
    if (property.is === "current") await files.makeCurrent(value);
    else {
      const field = property.is === "field" ? property.field : undefined;
      if (property.is !== "field" || field === undefined)
        throw new Error(`${text} is no single value`);
      const { list, name } = property;
      const isRaw = given["set-raw-bytes"] && field.endsWith("-data");
      const content = isRaw ? new TextEncoder().encode(value).toBase64() : valueOf(field, value);
      const entry = { ...files.find(list, name), [field]: content };
      await files.change({ list, name, entry });
    }
    shell.output.write(`Property "${text}" set.\n`); // exact: kubectl
  },
});
