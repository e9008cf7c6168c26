import { defineCommand } from "#cli/command.ts";
import { create, creationFlags, nameOf } from "#cli/create/creation.ts";
import { keyValueFlags, readKeyValues } from "#cli/create/key-values.ts";
import { secretOf } from "#cli/create/secret.ts";
import { flag } from "#cli/flags.ts";

export const createSecretGeneric = defineCommand({
  name: "create secret generic",
  usage: "NAME [--from-literal=KEY=VALUE] [--from-file=[KEY=]PATH]",
  summary: "Create a secret from files or literal values",
  examples: [
    "k8ts create secret generic login --from-literal=user=ann --from-literal=password=x",
    "k8ts create secret generic keys --from-file=./keys",
  ],
  group: "basic",
  flags: {
    ...creationFlags,
    ...keyValueFlags,
    type: flag.text("the type of the secret", { value: "TYPE", fallback: "" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const values = await readKeyValues(shell, call.flags, `Secret "${name}"`);
    await create(shell, call, () => secretOf(name, values, call.flags.type));
  },
});
