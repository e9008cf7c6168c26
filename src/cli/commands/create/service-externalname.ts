import { defineCommand } from "#cli/command.ts";
import { create, creationFlags, nameOf } from "#cli/create/creation.ts";
import { portsOf, serviceOf, tcpFlag } from "#cli/create/service.ts";
import { flag } from "#cli/flags.ts";

export const createServiceExternalName = defineCommand({
  name: "create service externalname",
  aliases: ["create svc externalname"],
  usage: "NAME --external-name=HOST",
  summary: "Create a service that stands for a name outside the cluster",
  examples: ["k8ts create service externalname db --external-name=db.example.com"],
  group: "basic",
  flags: {
    ...creationFlags,
    tcp: tcpFlag,
    "external-name": flag.requiredText("the name that the service stands for", { value: "HOST" }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const externalName = call.flags["external-name"];
    const ports = portsOf(call.flags.tcp);
    await create(shell, call, () => serviceOf(name, { type: "ExternalName", externalName, ports }));
  },
});
