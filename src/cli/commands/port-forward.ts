/** upstream: staging/src/k8s.io/kubectl/pkg/cmd/portforward/portforward.go */
import { Service } from "#api/core/service.ts";
import { defineCommand } from "../command.ts";
import { flag, UsageError } from "../flags.ts";
import { openSession, type Session } from "../session.ts";
import {
  bestToAttach,
  findSource,
  podOf,
  runningTimeoutFlag,
  type Source,
} from "../stream/pods.ts";
import { forwardPorts } from "../stream/port-forward.ts";
import { type ForwardedPort, podPorts, servicePorts } from "../stream/ports.ts";
import type { Pod } from "#api/core/pod.ts";

export const portForward = defineCommand({
  name: "port-forward",
  usage: "TYPE/NAME [LOCAL_PORT:]REMOTE_PORT...",
  summary: "Make ports of a pod ports of this machine",
  details:
    "A service or a workload stands for one of its pods. The forwarding ends when that pod does.",
  examples: [
    "k8ts port-forward web 8080:80",
    "k8ts port-forward svc/web 8080:http 9090",
    "k8ts port-forward deploy/web :80           # any free local port",
    "k8ts port-forward --address 0.0.0.0 web 80",
  ],
  group: "debug",
  flags: {
    address: flag.list("the addresses to listen on; localhost means 127.0.0.1 and ::1", {
      value: "ADDRESS",
    }),
    "pod-running-timeout": runningTimeoutFlag(60),
  },

  async run(shell, call) {
    const { flags: given } = call;
    const [word = "", ...ports] = call.args;
    if (ports.length === 0)
      throw new UsageError("TYPE/NAME and list of ports are required for port-forward"); // exact: kubectl
    const session = await openSession(shell, call);
    const source = await findSource(session, [word]);
    const pod = await podOf(session, source, {
      toDo: "attach to",
      order: bestToAttach,
      timeoutMs: given["pod-running-timeout"],
    });
    const wanted = await portsOf(session, source, { pod, ports });
    // exact: kubectl
    if (pod.status.phase !== "Running")
      throw new Error(
        `unable to forward port because pod is not running. Current status=${pod.status.phase}`,
      );
    const addresses = given.address.length === 0 ? ["localhost"] : given.address;
    await forwardPorts(session, pod, { addresses, ports: wanted });
  },
});

async function portsOf(
  { client, shell }: Session,
  source: Source,
  { pod, ports }: { readonly pod: Pod; readonly ports: readonly string[] },
): Promise<readonly ForwardedPort[]> {
  if (source.is === "pod" || source.kind !== Service) return podPorts(ports, pod);
  const { namespace, object } = source;
  const at = { namespace, name: object.metadata.name ?? "" };
  return servicePorts(ports, await client.get(Service, at, { signal: shell.signal }), pod);
}
