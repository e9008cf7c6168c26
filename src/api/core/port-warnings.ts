/**
 * Ports of a pod that get in each other's way: its containers share them.
 * upstream: pkg/api/pod/warnings.go#warningsForPodSpecAndMeta
 */
import type { ContainerPort } from "./container.ts";
import { allContainers } from "./pod-containers.ts";
import type { PodSpec } from "./pod-spec.ts";

interface PlacedPort {
  readonly path: string;
  readonly port: ContainerPort;
}

// exact: apiserver, all texts below

/** `at` is the path of the spec. */
export function* portWarnings(spec: PodSpec, at: string): Iterable<string> {
  const ports = allContainers(spec, at).flatMap(({ container, path }) =>
    (container.ports ?? []).map((port, i) => ({ path: `${path}.ports[${i}]`, port })),
  );
  const byNumber = new Map<string, PlacedPort[]>();
  for (const one of ports) {
    const { path, port } = one;
    if (port.hostIP && !port.hostPort)
      yield `${path}: hostIP set without hostPort: ${goText(port)}`;
    const key = `${port.containerPort}/${port.protocol ?? ""}`;
    const others = byNumber.get(key) ?? [];
    for (const other of others) {
      const problem = conflictOf(port, other.port);
      if (problem) yield `${path}: ${problem} port definition with ${other.path}`;
    }
    byNumber.set(key, [...others, one]);
  }
  yield* portNameWarnings(ports);
}

/** Of two with one number and one protocol. */
function conflictOf(one: ContainerPort, other: ContainerPort): string | undefined {
  const [ip, otherIP] = [one.hostIP ?? "", other.hostIP ?? ""];
  const [port, otherPort] = [one.hostPort ?? 0, other.hostPort ?? 0];
  if (ip === otherIP && port === otherPort) return "duplicate";
  if (port === 0 || otherPort === 0) return "overlapping";
  const isAmbiguous = port === otherPort && (ip === "") !== (otherIP === "");
  return isAmbiguous ? "dangerously ambiguous" : undefined;
}

/** As Go prints a struct with the names of its fields. */
const goText = ({
  name = "",
  hostPort = 0,
  containerPort,
  protocol,
  hostIP,
}: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ""} HostIP:${hostIP ?? ""}}`;

function* portNameWarnings(ports: readonly PlacedPort[]): Iterable<string> {
  const byName = new Map<string, string>();
  for (const { path, port } of ports) {
    if (!port.name) continue;
    const first = byName.get(port.name);
    if (first === undefined) byName.set(port.name, path);
    else {
      yield `${path}: duplicate port name "${port.name}" with ${first}, services and probes that select ports by name will use ${first}`;
    }
  }
}
