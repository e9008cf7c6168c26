/**
 * Node ports: each is a key of its own, written in the commit of the service that has it.
 * upstream: pkg/registry/core/service/portallocator/allocator.go, storage/alloc.go#initNodePorts
 */
import { needsNodePort } from "#api/core/service-addresses.ts";
import { Service } from "#api/core/service.ts";
import { ApiError, invalidObject } from "#api/errors.ts";
import { below, type Random } from "#base/random.ts";
import { child, index, invalid } from "#schema/field-error.ts";
import type { Draft } from "#schema/struct.ts";
import type { Reader } from "#apiserver/registry/registry.ts";
import type { Claim } from "../admission.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The ports of all services, counted anew only when a service has changed. */
export type UsedPorts = (reader: Reader) => ReadonlySet<number>;

export function usedPortsCache(): UsedPorts {
  let known: { reader: Reader; revision: number; ports: Set<number> } | undefined;
  return (reader) => {
    const revision = reader.changed(Service);
    if (known?.reader === reader && known.revision === revision) return known.ports;
    const ports = new Set(reader.list(Service, "").flatMap(({ object }) => portsOf(object)));
    known = { reader, revision, ports };
    return ports;
  };
}

/** Everything a service occupies on the nodes, each number once. */
export function portsOf({ spec }: Service | Draft<Service>): readonly number[] {
  const ports = (spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0);
  return [...new Set([...ports, spec.healthCheckNodePort ?? 0])].filter((port) => port > 0);
}

export interface PortSearch {
  readonly range: PortRange;
  readonly random: Random;
  /** Of all other services. */
  readonly used: ReadonlySet<number>;
}

/** Why a port cannot be had; undefined when it can. exact: apiserver */
export function portProblem({ range, used }: PortSearch, port: number): string | undefined {
  if (port < range.first || port > range.last)
    return `provided port is not in the valid range. The range of valid ports is ${range.first}-${range.last}`;
  return used.has(port) ? "provided port is already allocated" : undefined;
}

/** Gives node ports to the ports that need one. Ports of one number share theirs (TCP and UDP). */
export function allocateNodePorts(service: Draft<Service>, search: PortSearch): void {
  const { ports = [] } = service.spec;
  const own = new Set<number>();
  const byPort = new Map<number, number>();
  for (const { port, nodePort } of ports) {
    if (!nodePort) continue;
    if (!byPort.has(port)) byPort.set(port, nodePort);
    own.add(nodePort);
  }
  for (const [at, port] of ports.entries()) {
    if (port.nodePort) checkRequested(service, at, search);
    else if (needsNodePort(service)) {
      const given = byPort.get(port.port) ?? pickPort(search, own);
      port.nodePort = given;
      byPort.set(port.port, given);
      own.add(given);
    }
  }
}

function checkRequested({ metadata, spec }: Draft<Service>, at: number, search: PortSearch): void {
  const port = spec.ports?.[at]?.nodePort ?? 0;
  const problem = portProblem(search, port);
  if (problem === undefined) return;
  const path = child(index("spec.ports", at), "nodePort");
  throw invalidObject(Service, metadata.name ?? "", [invalid(path, port, problem)]);
}

export function allocateHealthCheckPort({ spec }: Draft<Service>, search: PortSearch): void {
  const asked = spec.healthCheckNodePort ?? 0;
  if (asked === 0) {
    spec.healthCheckNodePort = pickPort(search, new Set(portsOf({ spec } as Draft<Service>)));
    return;
  }
  const problem = portProblem(search, asked);
  if (problem === undefined) return;
  throw new ApiError(
    "InternalError",
    `failed to allocate requested HealthCheck NodePort ${asked}: ${problem}`,
  );
}

/** Chosen by people, mostly low ones: none is picked from them while others are free. */
function staticCount({ first, last }: PortRange): number {
  const size = last - first + 1;
  return size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
}

const picksMax = 32;

function pickPort(search: PortSearch, own: ReadonlySet<number>): number {
  const { first, last } = search.range;
  const split = first + staticCount(search.range);
  const found =
    pickBetween(search, own, [split, last]) ?? pickBetween(search, own, [first, split - 1]);
  if (found !== undefined) return found;
  const why = "failed to allocate a nodePort: range is full";
  throw new ApiError("InternalError", `Internal error occurred: ${why}`); // exact: apiserver
}

function pickBetween(
  { used, random }: PortSearch,
  own: ReadonlySet<number>,
  [first, last]: readonly [number, number],
): number | undefined {
  if (last < first) return undefined;
  const isFree = (port: number): boolean => !used.has(port) && !own.has(port);
  for (let pick = 0; pick < picksMax; pick++) {
    const port = first + below(random, last - first + 1);
    if (isFree(port)) return port;
  }
  for (let port = first; port <= last; port++) if (isFree(port)) return port;
  return undefined;
}

const portKey = (port: number): string => `/registry/ranges/servicenodeports/${port}`;

/** Who has it, for people who look into the store. */
export const claimPort = (port: number, { metadata }: Draft<Service>): Claim => ({
  key: portKey(port),
  value: Buffer.from(`${metadata.namespace}/${metadata.name}`),
});

export const releasePort = (port: number): Claim => ({ key: portKey(port), value: undefined });
