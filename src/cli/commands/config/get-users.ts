/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/get_users.go */
import { defineCommand } from "#cli/command.ts";
import { namesIn } from "#cli/config/entries.ts";
import { openConfig } from "#cli/config/files.ts";

export const configGetUsers = defineCommand({
  name: "config get-users",
  usage: "",
  summary: "List the users of the kubeconfig",
  group: "settings",
  flags: {},

  async run(shell, { flags: given }) {
    const { merged } = await openConfig(shell, given);
    shell.output.write(["NAME", ...namesIn(merged, "users")].map((name) => `${name}\n`).join(""));
  },
});
