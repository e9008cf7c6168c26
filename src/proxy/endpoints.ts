/**
 * Which endpoints of a service port get traffic on this node.
 * upstream: pkg/proxy/topology.go#CategorizeEndpoints, pkg/proxy/endpointslicecache.go
 */
import type { ServicePort } from "#api/core/service.ts";
import type {
  Endpoint as SliceEndpoint,
  EndpointPort,
  EndpointSlice,
} from "#api/discovery/endpointslice.ts";
import type { Destination } from "./rules.ts";

export interface Endpoint extends Destination {
  readonly isReady: boolean;
  /** It answers, although it may be on its way out. */
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  /** On this node. */
  readonly isLocal: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** Where we are. */
export interface Place {
  readonly nodeName: string;
  readonly zone?: string | undefined;
}

/** In the order of their addresses, so that the same endpoints always make the same rules. */
export function endpointsOf(
  slices: readonly EndpointSlice[],
  port: ServicePort,
  { nodeName }: Place,
): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    const number = slice.ports.find((p) => isPort(p, port))?.port;
    if (number === undefined || slice.addressType !== "IPv4") continue;
    for (const endpoint of slice.endpoints) {
      const [address] = endpoint.addresses;
      if (address === undefined) continue;
      const key = `${address} ${number}`;
      found.set(key, merged(found.get(key), read(endpoint, { address, port: number }, nodeName)));
    }
  }
  return [...found.values()].toSorted(byAddress);
}

const isPort = (port: EndpointPort, { name = "", protocol = "TCP" }: ServicePort): boolean =>
  (port.name ?? "") === name && (port.protocol ?? "TCP") === protocol;

function read(endpoint: SliceEndpoint, at: Destination, nodeName: string): Endpoint {
  const { conditions, hints } = endpoint;
  const isReady = conditions.ready ?? true;
  return {
    ...at,
    isReady,
    isServing: conditions.serving ?? isReady,
    isTerminating: conditions.terminating ?? false,
    isLocal: endpoint.nodeName === nodeName,
    zoneHints: hints?.forZones?.map(({ name }) => name) ?? none,
    nodeHints: hints?.forNodes?.map(({ name }) => name) ?? none,
  };
}

const none: readonly string[] = [];

/** While it moves from one slice to another it is in both; the better news is the newer. */
function merged(known: Endpoint | undefined, other: Endpoint): Endpoint {
  if (!known) return other;
  return {
    ...other,
    isReady: known.isReady || other.isReady,
    isServing: known.isServing || other.isServing,
    isTerminating: known.isTerminating && other.isTerminating,
  };
}

const byAddress = (a: Endpoint, b: Endpoint): number =>
  a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port;

export interface Choice {
  /** For traffic that may go to any node. */
  readonly cluster: readonly Endpoint[];
  /** For traffic that has to stay on this one. */
  readonly local: readonly Endpoint[];
  /** Somewhere in the cluster there is one. */
  readonly hasAny: boolean;
}

/** Those that are ready; where none is, those that still answer on their way out. */
export function choose(endpoints: readonly Endpoint[], place: Place): Choice {
  const usable = readyOrLeaving(endpoints);
  return {
    cluster: near(usable, place),
    local: readyOrLeaving(endpoints.filter(({ isLocal }) => isLocal)),
    hasAny: usable.length > 0,
  };
}

function readyOrLeaving(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter(({ isReady }) => isReady);
  if (ready.length > 0) return ready;
  return endpoints.filter(({ isServing, isTerminating }) => isServing && isTerminating);
}

/** Follows the hints only when every endpoint has one, and somebody is meant for us. */
function near(endpoints: readonly Endpoint[], { nodeName, zone }: Place): readonly Endpoint[] {
  if (!endpoints.every(({ isReady }) => isReady)) return endpoints;
  const forNode = meantFor(endpoints, nodeName, (endpoint) => endpoint.nodeHints);
  if (forNode.length > 0) return forNode;
  const forZone = meantFor(endpoints, zone, (endpoint) => endpoint.zoneHints);
  return forZone.length > 0 ? forZone : endpoints;
}

function meantFor(
  endpoints: readonly Endpoint[],
  name: string | undefined,
  hintsOf: (endpoint: Endpoint) => readonly string[],
): readonly Endpoint[] {
  if (name === undefined || endpoints.some((endpoint) => hintsOf(endpoint).length === 0)) return [];
  return endpoints.filter((endpoint) => hintsOf(endpoint).includes(name));
}
