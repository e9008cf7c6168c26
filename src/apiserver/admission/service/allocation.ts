/**
 * Gives services their addresses and node ports, and takes them back.
 * differs: upstream does it in the service's storage, with repair loops for what a crash leaves
 * behind; here service and claims are one commit, so nothing is ever left behind.
 */
import { clusterIPsOf, hasClusterIP, needsHealthCheck } from "#api/core/service-addresses.ts";
import { Service } from "#api/core/service.ts";
import type { Random } from "#base/random.ts";
import type { Draft } from "#schema/struct.ts";
import type { Admission, AdmissionRequest, Claim } from "../admission.ts";
import {
  claimAddress,
  familiesOf,
  pickAddress,
  releaseAddress,
  serviceRanges,
  takeAddress,
} from "./addresses.ts";
import { type Family, setFamilies } from "./families.ts";
import {
  allocateHealthCheckPort,
  allocateNodePorts,
  claimPort,
  portsOf,
  type PortRange,
  releasePort,
  usedPortsCache,
} from "./node-ports.ts";

export interface ServiceAllocationOptions {
  readonly random: Random;
  readonly nodePorts: PortRange;
}

type Request = AdmissionRequest<Service>;

export function serviceAllocation(options: ServiceAllocationOptions): Admission<Service> {
  const usedPorts = usedPortsCache();

  const allocate = (service: Draft<Service>, { reader, old }: Request): void => {
    allocateAddresses(service, old, { reader, random: options.random });
    const used = new Set(usedPorts(reader));
    for (const port of old ? portsOf(old) : []) used.delete(port);
    const search = { range: options.nodePorts, random: options.random, used };
    allocateNodePorts(service, search);
    if (needsHealthCheck(service)) allocateHealthCheckPort(service, search);
  };

  return Object.freeze({
    name: "ServiceAllocation",
    on: [Service],
    when: ["CREATE", "UPDATE", "DELETE"] as const,
    isClaimEditing: true as const,

    mutate(service: Draft<Service>, { old, reader }: Request) {
      setFamilies(service, old, familiesOf(serviceRanges(reader)));
    },

    claim(service: Draft<Service>, request: Request) {
      if (request.operation === "DELETE") return releasesOf(service);
      if (needsAnything(service, request.old)) allocate(service, request);
      return difference(service, request.old);
    },
  });
}

/** Most changes of a service leave all it has alone. */
function needsAnything(service: Draft<Service>, old: Service | undefined): boolean {
  if (!old) return true;
  const wanted = [service.spec.type, service.spec.clusterIPs, portsOf(service)];
  const held = [old.spec.type, old.spec.clusterIPs, portsOf(old)];
  const lacksPort = (service.spec.ports ?? []).some(({ nodePort }) => !nodePort);
  return lacksPort || JSON.stringify(wanted) !== JSON.stringify(held);
}

function allocateAddresses(
  service: Draft<Service>,
  old: Service | undefined,
  search: Parameters<typeof pickAddress>[0],
): void {
  const { spec } = service;
  if (!hasClusterIP(service)) return;
  const held = new Set(old ? clusterIPsOf(old.spec) : []);
  const given = (spec.ipFamilies ?? []).map((family, at) => {
    const asked = spec.clusterIPs?.[at] ?? "";
    if (held.has(asked)) return asked;
    return asked === ""
      ? pickAddress(search, family as Family)
      : takeAddress(search, service, asked);
  });
  spec.clusterIPs = given;
  spec.clusterIP = given[0] ?? "";
}

/** New ones are claimed, those no longer there given up. */
function difference(service: Draft<Service>, old: Service | undefined): readonly Claim[] {
  const [ips, heldIps] = [clusterIPsOf(service.spec), old ? clusterIPsOf(old.spec) : []];
  const [ports, heldPorts] = [portsOf(service), old ? portsOf(old) : []];
  return [
    ...ips.filter((ip) => !heldIps.includes(ip)).map((ip) => claimAddress(ip, service)),
    ...heldIps.filter((ip) => !ips.includes(ip)).map(releaseAddress),
    ...ports.filter((port) => !heldPorts.includes(port)).map((port) => claimPort(port, service)),
    ...heldPorts.filter((port) => !ports.includes(port)).map(releasePort),
  ];
}

const releasesOf = (service: Draft<Service>): readonly Claim[] => [
  ...clusterIPsOf(service.spec as Service["spec"]).map(releaseAddress),
  ...portsOf(service).map(releasePort),
];
