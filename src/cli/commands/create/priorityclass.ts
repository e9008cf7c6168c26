import { PriorityClass } from "#api/scheduling/priorityclass.ts";
import { defineCommand } from "#cli/command.ts";
import { create, creation, creationFlags, nameOf } from "#cli/create/creation.ts";
import { flag } from "#cli/flags.ts";

export const createPriorityClass = defineCommand({
  name: "create priorityclass",
  aliases: ["create pc"],
  usage: "NAME --value=N",
  summary: "Create a priority class: which pods go before others",
  examples: ['k8ts create priorityclass high --value=1000 --description="for the shop"'],
  group: "basic",
  flags: {
    ...creationFlags,
    value: flag.int("the priority", { fallback: 0 }),
    "global-default": flag.switch("for pods that name no class"),
    description: flag.text("what it is for", { fallback: "" }),
    "preemption-policy": flag.text("PreemptLowerPriority or Never", {
      value: "POLICY",
      fallback: "PreemptLowerPriority",
    }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const { value, description } = call.flags;
    await create(shell, call, () =>
      creation(PriorityClass, {
        metadata: { name },
        value,
        globalDefault: call.flags["global-default"],
        description,
        preemptionPolicy: call.flags["preemption-policy"] as "Never",
      }),
    );
  },
});
