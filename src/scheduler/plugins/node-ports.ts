import { definePlugin, refuse, skip } from "../plugin.ts";
import { type HostPort, HostPorts } from "../snapshot/host-ports.ts";

// exact: kube-scheduler
const taken = refuse("node(s) didn't have free ports for the requested pod ports");

/** Keeps a pod that wants ports of the node off nodes where they are taken. */
export const nodePorts = definePlugin<readonly HostPort[]>({
  name: "NodePorts",
  dependsOn: "node",
  preFilter: ({ shape: { hostPorts } }) => (hostPorts.length > 0 ? hostPorts : skip),
  filter: (_pod, node, wanted) => (node.hostPorts.conflictWith(wanted) ? taken : undefined),
  explain: (_pod, node, wanted) =>
    wanted
      .filter((port) => node.hostPorts.conflictWith([port]))
      .map(({ protocol, port }) => `port ${port}/${protocol} is taken`),
  events: [
    {
      on: ["AssignedPodDelete"],
      hint({ shape }, { pod }) {
        const freed = new HostPorts();
        freed.count(pod?.old?.shape.hostPorts ?? [], 1);
        return freed.conflictWith(shape.hostPorts);
      },
    },
    { on: ["NodeAdd"] },
  ],
});
