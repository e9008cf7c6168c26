/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/get_clusters.go */
import { defineCommand } from "#cli/command.ts";
import { namesIn } from "#cli/config/entries.ts";
import { openConfig } from "#cli/config/files.ts";

export const configGetClusters = defineCommand({
  name: "config get-clusters",
  usage: "",
  summary: "List the clusters of the kubeconfig",
  group: "settings",
  flags: {},

  async run(shell, { flags: given }) {
    const { merged } = await openConfig(shell, given);
    shell.output.write(
      ["NAME", ...namesIn(merged, "clusters")].map((name) => `${name}\n`).join(""),
    );
  },
});
