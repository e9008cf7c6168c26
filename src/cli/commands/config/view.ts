/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/view.go */
import { formatYaml } from "#base/yaml.ts";
import { defineCommand } from "#cli/command.ts";
import { embedded } from "#cli/config/embedded.ts";
import { type Entry, entryKeys, type ListName } from "#cli/config/entries.ts";
import { openConfig } from "#cli/config/files.ts";
import { mapEntries, minified, plain, redacted } from "#cli/config/shown.ts";
import { flag, UsageError } from "#cli/flags.ts";
import { choosePrinter, outputFlags } from "#cli/print/printer.ts";
import type { Manifest } from "#cli/resources/manifest.ts";
import type { Shell } from "#cli/command.ts";
import type { Kubeconfig } from "#client/kubeconfig.ts";

export const configView = defineCommand({
  name: "config view",
  usage: "",
  summary: "Show the kubeconfig, all files together, without its secrets",
  examples: [
    "k8ts config view --minify",
    "k8ts config view --raw --flatten > whole.kubeconfig",
    "k8ts config view -o jsonpath='{.contexts[*].name}'",
  ],
  group: "settings",
  flags: {
    ...outputFlags,
    raw: flag.switch("with certificates, keys and tokens"),
    minify: flag.switch("only what the current context needs"),
    flatten: flag.switch("with the content of the files that it points to"),
  },

  async run(shell, { args, flags: given }) {
    if (args.length > 0) throw new UsageError(`unexpected arguments: [${args.join(" ")}]`); // exact: kubectl
    const { merged } = await openConfig(shell, given);
    const chosen = { ...merged, "current-context": given.context ?? merged["current-context"] };
    const needed = given.minify ? minified(chosen) : mapEntries(chosen, (entry) => entry);
    const whole = given.flatten ? await flattened(shell, needed) : needed;
    const shown = plain(given.raw ? whole : redacted(whole));
    const print = await choosePrinter(given, shell);
    shell.output.write(print ? print(shown as Manifest) : formatYaml(shown));
  },
});

async function flattened(shell: Shell, config: Kubeconfig): Promise<Kubeconfig> {
  const done = new Map<Entry, Entry>();
  for (const list of Object.keys(entryKeys) as ListName[])
    for (const { [entryKeys[list]]: entry } of config[list] as unknown as Record<string, Entry>[])
      if (entry) done.set(entry, await embedded(shell, entry));
  return mapEntries(config, (entry) => done.get(entry) ?? entry);
}
