import { ServiceAccount } from "#api/core/serviceaccount.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";

export const createServiceAccount = defineCommand({
  name: "create serviceaccount",
  aliases: ["create sa"],
  usage: "NAME",
  summary: "Create a service account",
  examples: ["k8ts create serviceaccount robot"],
  group: "basic",
  flags: creationFlags,
  run: (shell, call) =>
    create(shell, call, () => creation(ServiceAccount, { metadata: { name: nameOf(call) } })),
});
