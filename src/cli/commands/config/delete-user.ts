/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/config/delete_user.go */
import { defineCommand } from "#cli/command.ts";
import { theArguments } from "#cli/config/arguments.ts";
import { openConfig } from "#cli/config/files.ts";

export const configDeleteUser = defineCommand({
  name: "config delete-user",
  usage: "USER",
  summary: "Delete a user from the kubeconfig",
  group: "settings",
  flags: {},

  async run(shell, { args, flags: given }) {
    const [name] = theArguments(args, 1);
    const files = await openConfig(shell, given);
    const path = files.pathOf("users", name);
    // exact: kubectl, the messages
    if (!files.find("users", name)) throw new Error(`cannot delete user ${name}, not in ${path}`);
    await files.change({ list: "users", name, entry: undefined });
    shell.output.write(`deleted user ${name} from ${path}\n`);
  },
});
