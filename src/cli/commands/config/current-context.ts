/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/current_context.go */
import { defineCommand } from "#cli/command.ts";
import { openConfig } from "#cli/config/files.ts";

export const configCurrentContext = defineCommand({
  name: "config current-context",
  usage: "",
  summary: "Print the name of the current context",
  group: "settings",
  flags: {},

  async run(shell, { flags: given }) {
    const { merged } = await openConfig(shell, given);
    const current = merged["current-context"];
    if (current === "") throw new Error("current-context is not set"); // exact: kubectl
    shell.output.write(`${current}\n`);
  },
});
