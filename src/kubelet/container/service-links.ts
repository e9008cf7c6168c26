/**
 * Variables that tell a container where the services are, in the manner of old.
 * upstream: pkg/kubelet/envvars/envvars.go
 */
import type { Service, ServicePort } from "#api/core/service.ts";
import { hostPort } from "#base/ip.ts";

export type Variables = ReadonlyMap<string, string>;

interface Wanted {
  readonly namespace: string;
  /** Without it only the API server itself is named. */
  readonly areLinked: boolean;
}

export function serviceVariables(services: readonly Service[], wanted: Wanted): Variables {
  const variables = new Map<string, string>();
  for (const service of services) {
    const { clusterIP = "" } = service.spec;
    if (clusterIP === "" || clusterIP === "None" || !isWanted(service, wanted)) continue;
    for (const [name, value] of variablesOf(service)) variables.set(name, value);
  }
  return variables;
}

function isWanted({ metadata }: Service, { namespace, areLinked }: Wanted): boolean {
  const isApi = metadata.namespace === "default" && metadata.name === "kubernetes";
  return isApi || (areLinked && metadata.namespace === namespace);
}

const nameOf = (text: string): string => text.replaceAll("-", "_").toUpperCase();

function* variablesOf({ metadata, spec }: Service): Iterable<readonly [string, string]> {
  const prefix = nameOf(metadata.name ?? "");
  const { clusterIP: ip = "", ports = [] } = spec;
  const [first] = ports;
  yield [`${prefix}_SERVICE_HOST`, ip];
  if (!first) return;
  yield [`${prefix}_SERVICE_PORT`, String(first.port)];
  for (const { name, port } of ports)
    if (name) yield [`${prefix}_SERVICE_PORT_${nameOf(name)}`, String(port)];
  const urlOf = ({ protocol = "TCP", port }: ServicePort): string =>
    `${protocol.toLowerCase()}://${hostPort(ip, port)}`;
  yield [`${prefix}_PORT`, urlOf(first)];
  for (const servicePort of ports) {
    const { protocol = "TCP", port } = servicePort;
    const link = `${prefix}_PORT_${port}_${protocol}`;
    yield [link, urlOf(servicePort)];
    yield [`${link}_PROTO`, protocol.toLowerCase()];
    yield [`${link}_PORT`, String(port)];
    yield [`${link}_ADDR`, ip];
  }
}
