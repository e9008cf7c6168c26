/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/get_contexts.go */
import { defineCommand } from "#cli/command.ts";
import { findEntry, namesIn } from "#cli/config/entries.ts";
import { openConfig } from "#cli/config/files.ts";
import { Failures } from "#cli/explain.ts";
import { flag } from "#cli/flags.ts";
import { alignTabs, tableTabs } from "#cli/print/tab-writer.ts";

export const configGetContexts = defineCommand({
  name: "config get-contexts",
  usage: "[NAME...]",
  summary: "List the contexts of the kubeconfig",
  group: "settings",
  flags: {
    output: flag.text("name: only the names", { short: "o", value: "name", fallback: "" }),
    "no-headers": flag.switch("leave out the column headers"),
  },

  async run(shell, { args, flags: given }) {
    // exact: kubectl, the messages
    if (given.output !== "" && given.output !== "name")
      throw new Error(
        `--output ${given.output} is not available in kubectl config get-contexts; resetting to default output format`,
      );
    const { merged } = await openConfig(shell, given);
    const known = namesIn(merged, "contexts");
    const wanted = args.length > 0 ? [...args].sort() : known;
    const names = wanted.filter((name) => known.includes(name));
    if (given.output === "name") shell.output.write(names.map((name) => `${name}\n`).join(""));
    else {
      const heads = given["no-headers"]
        ? []
        : [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]];
      const rows = names.map((name) => {
        const { cluster, user, namespace } = findEntry(merged, "contexts", name) ?? {};
        const mark = name === merged["current-context"] ? "*" : "";
        return [mark, name, cluster ?? "", user ?? "", namespace ?? ""];
      });
      const text = [...heads, ...rows].map((row) => `${row.join("\t")}\n`).join("");
      shell.output.write(alignTabs(text, tableTabs));
    }
    const missing = wanted.filter((name) => !known.includes(name));
    if (missing.length > 0)
      throw new Failures(missing.map((name) => new Error(`context ${name} not found`)));
  },
});
