import { defineCommand } from "#cli/command.ts";
import { create, creationFlags, nameOf } from "#cli/create/creation.ts";
import { portsOf, requirePorts, serviceOf, tcpFlag } from "#cli/create/service.ts";

export const createServiceLoadBalancer = defineCommand({
  name: "create service loadbalancer",
  aliases: ["create svc loadbalancer"],
  usage: "NAME --tcp=PORT:TARGET",
  summary: "Create a service with an address outside the cluster",
  examples: ["k8ts create service loadbalancer web --tcp=443:8443"],
  group: "basic",
  flags: { ...creationFlags, tcp: tcpFlag },

  async run(shell, call) {
    const name = nameOf(call);
    const { tcp } = call.flags;
    requirePorts(tcp);
    const ports = portsOf(tcp);
    await create(shell, call, () => serviceOf(name, { type: "LoadBalancer", ports }));
  },
});
