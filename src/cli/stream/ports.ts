/**
 * What `port-forward` is asked for: `8080:80`, `:80`, `8080:http`, of a pod or through a service.
 * upstream: staging/src/k8s.io/kubectl/pkg/cmd/portforward/portforward.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { Service } from "#api/core/service.ts";

export interface ForwardedPort {
  /** 0: any free one. */
  readonly local: number;
  readonly remote: number;
}

interface Spelled {
  readonly local: string;
  readonly remote: string;
}

/** Ports of the pod itself; names are those of its containers' ports. */
export function podPorts(texts: readonly string[], pod: Pod): readonly ForwardedPort[] {
  const spelled = texts.map(split);
  const ports = pod.spec.containers.flatMap(({ ports: own = [] }) => own);
  const udpOnly = udpOnlyPorts(
    ports.map(({ containerPort: port, protocol }) => ({ port, protocol })),
  );
  const found = spelled.map(({ local, remote }) => {
    if (remote === "") throw new Error("remote port cannot be empty"); // exact: kubectl
    const number = numberOf(remote) ?? containerPortNamed(pod, remote);
    if (udpOnly.has(number)) throw udpRefused(remote);
    return { local: local === remote ? String(number) : local, remote: String(number) };
  });
  return found.map(parsePort);
}

/** Ports of a service, to where they lead in this pod of it. */
export function servicePorts(
  texts: readonly string[],
  service: Service,
  pod: Pod,
): readonly ForwardedPort[] {
  const udpOnly = udpOnlyPorts(service.spec.ports ?? []);
  const numbered = texts.map(split).map(({ local, remote }) => {
    const number = numberOf(remote) ?? servicePortNamed(service, remote);
    if (udpOnly.has(number)) throw udpRefused(remote);
    return { local: local === remote ? String(number) : local, number };
  });
  return numbered.map(({ local, number }) =>
    parsePort({ local, remote: String(targetOf(service, pod, number)) }),
  );
}

function split(text: string): Spelled {
  const [local = "", remote, ...more] = text.split(":");
  return remote === undefined || more.length > 0 ? { local, remote: local } : { local, remote };
}

const numberOf = (text: string): number | undefined =>
  /^[+-]?\d+$/.test(text) ? Number(text) : undefined;

interface WithProtocol {
  readonly port: number;
  readonly protocol?: string | undefined;
}

function udpOnlyPorts(ports: readonly WithProtocol[]): ReadonlySet<number> {
  const of = (wanted: string) =>
    new Set(ports.filter(({ protocol }) => protocol === wanted).map(({ port }) => port));
  return of("UDP").difference(of("TCP"));
}

// exact: kubectl, the messages from here on
const udpRefused = (remote: string): Error =>
  new Error(`UDP protocol is not supported for ${remote}`);

function containerPortNamed({ metadata, spec }: Pod, wanted: string): number {
  const ports = spec.containers.flatMap(({ ports: own = [] }) => own);
  const found = ports.find(({ name }) => name === wanted);
  if (!found) throw new Error(`Pod '${metadata.name}' does not have a named port '${wanted}'`);
  return found.containerPort;
}

function servicePortNamed({ metadata, spec }: Service, wanted: string): number {
  const found = (spec.ports ?? []).find(({ name }) => name === wanted);
  if (!found) throw new Error(`Service '${metadata.name}' does not have a named port '${wanted}'`);
  return found.port;
}

function targetOf({ metadata, spec }: Service, pod: Pod, number: number): number {
  const found = (spec.ports ?? []).find(({ port }) => port === number);
  if (!found) throw new Error(`Service ${metadata.name} does not have a service port ${number}`);
  // Without an address of its own there is nobody who would translate.
  if (spec.clusterIP === "None") return number;
  const { targetPort } = found;
  return typeof targetPort === "string"
    ? containerPortNamed(pod, targetPort)
    : targetPort || number;
}

function parsePort({ local, remote }: Spelled): ForwardedPort {
  const port = { local: parse16("local", local || "0"), remote: parse16("remote", remote) };
  if (port.remote === 0) throw new Error("remote port must be > 0");
  return port;
}

function parse16(side: string, text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number < 65_536) return number;
  const why = Number.isNaN(number) ? "invalid syntax" : "value out of range";
  throw new Error(
    `error parsing ${side} port '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`,
  );
}
