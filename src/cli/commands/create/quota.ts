import { ResourceQuota } from "#api/core/resourcequota.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { flag } from "#cli/flags.ts";

export const createQuota = defineCommand({
  name: "create quota",
  aliases: ["create resourcequota"],
  usage: "NAME [--hard=KEY=VALUE,...] [--scopes=SCOPE,...]",
  summary: "Create a quota: how much a namespace may use",
  examples: ["k8ts create quota small --hard=cpu=2,memory=4Gi,pods=10"],
  group: "basic",
  flags: {
    ...creationFlags,
    hard: flag.list("a resource and its limit", { value: "KEY=VALUE" }),
    scopes: flag.list("only objects of this scope count", { value: "SCOPE" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const hard = Object.fromEntries(call.flags.hard.map(amountOf));
    const { scopes } = call.flags;
    await create(shell, call, () =>
      creation(
        ResourceQuota,
        {
          metadata: { name },
          spec: {
            ...(call.flags.hard.length > 0 ? { hard } : {}),
            ...(scopes.length > 0 ? { scopes: scopes as readonly "NotTerminating"[] } : {}),
          },
        },
        "failed to create quota: ",
      ),
    );
  },
});

/** exact: kubectl, the message */
function amountOf(text: string): readonly [string, string] {
  const [key, value, ...more] = text.split("=");
  if (!key || !value || more.length > 0)
    throw new Error(`Invalid argument syntax ${text}, expected <resource>=<value>`);
  return [key, value];
}
