/** Services by type. upstream: staging/src/k8s.io/kubectl/pkg/cmd/create/create_service.go */
import { Service } from "#api/core/service.ts";
import type { ManifestOf } from "#api/kind.ts";
import { flag } from "../flags.ts";
import { type Creation, creation } from "./creation.ts";

type Spec = NonNullable<ManifestOf<typeof Service>["spec"]>;
type Port = NonNullable<Spec["ports"]>[number];

export const tcpFlag = flag.list("a port of the service, and the port behind it", {
  value: "PORT[:TARGET]",
});

/** Named after the deployment whose pods it is for. */
export const serviceOf = (name: string, spec: Spec): Creation =>
  creation(
    Service,
    { metadata: { name, labels: { app: name } }, spec: { ...spec, selector: { app: name } } },
    `failed to create ${spec.type} service: `, // exact: kubectl
  );

// exact: kubectl, the messages
export function portsOf(tcp: readonly string[], nodePort = 0): readonly Port[] {
  return tcp.map((text) => {
    const [port = "", target = port] = text.split(":");
    const number = portNumber(port, "invalid port number");
    const targetPort = /^\d+$/.test(target) ? portNumber(target, "invalid target port") : target;
    return {
      name: text.replace(":", "-"),
      port: number,
      targetPort,
      protocol: "TCP",
      ...(nodePort > 0 ? { nodePort } : {}),
    };
  });
}

function portNumber(text: string, problem: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`${problem}: ${JSON.stringify(text)}`);
  return port;
}

/** exact: kubectl */
export function requirePorts(tcp: readonly string[]): void {
  if (tcp.length === 0) throw new Error("at least one tcp port specifier must be provided");
}
