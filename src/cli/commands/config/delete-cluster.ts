/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/delete_cluster.go */
import { defineCommand } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { openConfig } from "#cli/config/files.ts";

export const configDeleteCluster = defineCommand({
  name: "config delete-cluster",
  usage: "CLUSTER",
  summary: "Delete a cluster from the kubeconfig",
  group: "settings",
  flags: {},

  async run(shell, { args, flags: given }) {
    const [name] = theArguments(args, 1);
    const files = await openConfig(shell, given);
    const path = files.pathOf("clusters", name);
    // exact: kubectl, the messages
    if (!files.find("clusters", name))
      throw new Error(`cannot delete cluster ${name}, not in ${path}`);
    await files.change({ list: "clusters", name, entry: undefined });
    shell.output.write(`deleted cluster ${name} from ${path}\n`);
  },
});
