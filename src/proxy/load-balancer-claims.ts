/**
 * Which services of type LoadBalancer get the nodes' addresses: a port of a node can serve only
 * one of them. Pure: from what there is to who has what.
 */
import type { Node } from "#api/core/node.ts";
import type { Service, ServicePort } from "#api/core/service.ts";
import { isConditionTrue } from "#api/meta/conditions.ts";
import { parseIp } from "#base/ip.ts";
import { keyOf } from "./service-rules.ts";

/** A port of every node that is not to be given away: `{ port: 22, protocol: "TCP" }`. */
export interface ReservedPort {
  readonly port: number;
  readonly protocol: "TCP" | "UDP" | "SCTP";
}

export type Grant =
  | { readonly is: "given"; readonly addresses: readonly string[] }
  | { readonly is: "no nodes" }
  | { readonly is: "taken"; readonly port: string; readonly by: string };

/** By the service's key. Only services that are ours to serve are in it. */
export function grants(
  services: readonly Service[],
  nodes: readonly Node[],
  reserved: readonly ReservedPort[],
): ReadonlyMap<string, Grant> {
  const wanting = services.filter(wantsAddress).toSorted(byPrecedence);
  if (wanting.length === 0) return new Map();
  const present = nodes.filter(isPresent);
  const places: Places = {
    ready: addressesOf(present.filter(isReady)),
    present: addressesOf(present),
  };
  const holders = new Map(reserved.map((port) => [portText(port), "the node itself"]));
  const given = new Map<string, Grant>();
  for (const service of wanting) {
    given.set(keyOf(service), grant(service, places, holders));
  }
  return given;
}

/** One that asks for a class of load balancer is somebody else's. */
export const wantsAddress = ({ metadata, spec }: Service): boolean =>
  spec.type === "LoadBalancer" && !spec.loadBalancerClass && !metadata.deletionTimestamp;

/** Addresses of nodes. */
interface Places {
  readonly ready: readonly string[];
  readonly present: readonly string[];
}

function grant(service: Service, places: Places, holders: Map<string, string>): Grant {
  const ports = (service.spec.ports ?? []).map(portText);
  const taken = ports.find((port) => holders.has(port));
  if (taken !== undefined) return { is: "taken", port: taken, by: holders.get(taken) ?? "" };
  for (const port of ports) holders.set(port, `service ${keyOf(service)}`);
  const addresses = fitting(
    service,
    places.ready.length > 0 ? places.ready : kept(service, places),
  );
  return addresses.length > 0 ? { is: "given", addresses } : { is: "no nodes" };
}

/**
 * A node that does not say that it is ready goes on with what it was told: while no other can take
 * over, the service stays where it is.
 * upstream: KEP-3458
 */
function kept(service: Service, { present }: Places): readonly string[] {
  const has = ingressOf(service);
  return present.filter((address) => has.includes(address));
}

const portText = ({ port, protocol = "TCP" }: Pick<ServicePort, "port" | "protocol">): string =>
  `${port}/${protocol}`;

/** Those of its families, in the order of its families; the one that it asks for, if we have it. */
function fitting({ spec }: Service, available: readonly string[]): readonly string[] {
  const { ipFamilies = ["IPv4"], loadBalancerIP } = spec;
  if (loadBalancerIP && available.includes(loadBalancerIP)) return [loadBalancerIP];
  return ipFamilies.flatMap((family) =>
    available.filter((address) => `IPv${parseIp(address)?.version}` === family),
  );
}

/** Who has an address keeps it; among the others, first come, first served. */
function byPrecedence(a: Service, b: Service): number {
  const holds = (service: Service): number => (ingressOf(service).length > 0 ? 0 : 1);
  return holds(a) - holds(b) || (ageKey(a) < ageKey(b) ? -1 : 1);
}

const ageKey = (service: Service): string =>
  `${service.metadata.creationTimestamp ?? ""} ${keyOf(service)}`;

export const ingressOf = ({ status }: Service): readonly string[] =>
  (status.loadBalancer.ingress ?? []).map(({ ip = "" }) => ip);

const excludingLabel = "node.kubernetes.io/exclude-from-external-load-balancers";

const isPresent = ({ metadata }: Node): boolean =>
  !(excludingLabel in (metadata.labels ?? {})) && !metadata.deletionTimestamp;

const isReady = ({ status }: Node): boolean => isConditionTrue(status.conditions, "Ready");

/** External addresses where any node has one; sorted, so that the order says nothing. */
function addressesOf(nodes: readonly Node[]): readonly string[] {
  const ofType = (wanted: string): string[] =>
    nodes.flatMap(({ status }) =>
      (status.addresses ?? []).filter(({ type }) => type === wanted).map(({ address }) => address),
    );
  const external = ofType("ExternalIP");
  return [...new Set(external.length > 0 ? external : ofType("InternalIP"))].sort();
}
