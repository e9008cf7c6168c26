import { defineCommand } from "#cli/command.ts";
import { create, creationFlags, nameOf } from "#cli/create/creation.ts";
import { portsOf, requirePorts, serviceOf, tcpFlag } from "#cli/create/service.ts";
import { flag } from "#cli/flags.ts";

export const createServiceClusterIp = defineCommand({
  name: "create service clusterip",
  aliases: ["create svc clusterip"],
  usage: "NAME [--tcp=PORT:TARGET]",
  summary: "Create a service with an address inside the cluster",
  examples: [
    "k8ts create service clusterip web --tcp=80:8080",
    "k8ts create service clusterip db --clusterip=None",
  ],
  group: "basic",
  flags: {
    ...creationFlags,
    tcp: tcpFlag,
    clusterip: flag.text("its address, or None for a headless service", {
      value: "IP",
      fallback: "",
    }),
  },

  async run(shell, call) {
    const name = nameOf(call);
    const { tcp, clusterip } = call.flags;
    if (clusterip !== "None") requirePorts(tcp);
    const address = clusterip === "" ? {} : { clusterIP: clusterip };
    const spec = { type: "ClusterIP" as const, ports: portsOf(tcp), ...address };
    await create(shell, call, () => serviceOf(name, spec));
  },
});
