import { Role } from "#api/rbac/role.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { ruleFlags, rulesOf } from "#cli/create/role.ts";

export const createRole = defineCommand({
  name: "create role",
  usage: "NAME --verb=VERB --resource=RESOURCE",
  summary: "Create a role: what may be done in a namespace",
  examples: [
    "k8ts create role reader --verb=get,list,watch --resource=pods,pods/log",
    "k8ts create role one --verb=get --resource=deployments.apps --resource-name=web",
  ],
  group: "basic",
  flags: { ...creationFlags, ...ruleFlags },

  async run(shell, call) {
    const name = nameOf(call);
    await create(shell, call, async (session) => {
      const rules = await rulesOf(session, call.flags);
      return creation(Role, { metadata: { name }, rules }, "");
    });
  },
});
