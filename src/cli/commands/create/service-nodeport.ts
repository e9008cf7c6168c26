import { defineCommand } from "#cli/command.ts";
import { create, creationFlags, nameOf } from "#cli/create/creation.ts";
import { portsOf, requirePorts, serviceOf, tcpFlag } from "#cli/create/service.ts";
import { flag } from "#cli/flags.ts";

export const createServiceNodePort = defineCommand({
  name: "create service nodeport",
  aliases: ["create svc nodeport"],
  usage: "NAME --tcp=PORT:TARGET",
  summary: "Create a service that is also a port of every node",
  examples: ["k8ts create service nodeport web --tcp=80:8080 --node-port=30080"],
  group: "basic",
  flags: {
    ...creationFlags,
    tcp: tcpFlag,
    "node-port": flag.int("the port on the nodes", { value: "PORT", fallback: 0 }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const { tcp } = call.flags;
    requirePorts(tcp);
    const ports = portsOf(tcp, call.flags["node-port"]);
    await create(shell, call, () => serviceOf(name, { type: "NodePort", ports }));
  },
});
