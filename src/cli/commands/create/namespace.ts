import { Namespace } from "#api/core/namespace.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";

export const createNamespace = defineCommand({
  name: "create namespace",
  aliases: ["create ns"],
  usage: "NAME",
  summary: "Create a namespace",
  examples: ["k8ts create namespace team-a"],
  group: "basic",
  flags: creationFlags,
  run: (shell, call) =>
    create(shell, call, () => creation(Namespace, { metadata: { name: nameOf(call) } }, "")),
});
