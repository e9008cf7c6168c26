/**
 * What the cluster's names stand for, found in one step: services by name, endpoints by their own
 * names within a service, both by address. Nothing is kept beside the informers' objects but the
 * endpoints of services that somebody asked for.
 */
import type { Namespace } from "#api/core/namespace.ts";
import type { Service } from "#api/core/service.ts";
import type { Endpoint, EndpointSlice } from "#api/discovery/endpointslice.ts";
import { canonicalIp } from "#base/ip.ts";
import type { Index } from "#client/cache.ts";
import type { Informer } from "#client/informer.ts";

export interface ClusterInformers {
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly namespaces: Informer<Namespace>;
}

/** One endpoint that may be named. */
export interface NamedEndpoint {
  /** Its name within the service. */
  readonly host: string;
  readonly address: string;
  readonly ports: readonly NamedPort[];
}

export interface NamedPort {
  readonly name: string;
  /** As in `_tcp`. */
  readonly protocol: string;
  readonly port: number;
}

export const serviceLabel = "kubernetes.io/service-name";

const byService: Index = (object) => {
  const { namespace = "", labels } = object.metadata;
  const name = labels?.[serviceLabel];
  return name ? [`${namespace}/${name}`] : [];
};

const byClusterIp: Index = (object) => clusterIpsOf(object as Service);

const byEndpoint: Index = (object) =>
  (object as EndpointSlice).endpoints.flatMap(({ addresses }) =>
    addresses.slice(0, 1).map((address) => canonicalIp(address) ?? address),
  );

export class ClusterData implements Disposable {
  readonly #informers: ClusterInformers;
  readonly #endpoints = new Map<string, readonly NamedEndpoint[]>();
  readonly #listener: Disposable;

  constructor(informers: ClusterInformers) {
    this.#informers = informers;
    this.#listener = informers.slices.onChange(({ object, old }) => {
      for (const slice of [object, old]) {
        for (const key of slice ? byService(slice) : []) this.#endpoints.delete(key);
      }
    });
  }

  get isReady(): boolean {
    const { services, slices, namespaces } = this.#informers;
    return services.isSynced && slices.isSynced && namespaces.isSynced;
  }

  hasNamespace(name: string): boolean {
    return this.#informers.namespaces.get(undefined, name) !== undefined;
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#informers.services.get(namespace, name);
  }

  /** Those that are ready, and those of services that publish others too. */
  endpoints(namespace: string, service: string): readonly NamedEndpoint[] {
    const key = `${namespace}/${service}`;
    const known = this.#endpoints.get(key);
    if (known) return known;
    const found = this.#informers.slices.by(byService, key).flatMap(endpointsIn);
    // An endpoint on its way from one slice to another is in both.
    const each = new Map(found.map((endpoint) => [idOf(endpoint), endpoint]));
    const endpoints = [...each.values()];
    this.#endpoints.set(key, endpoints);
    return endpoints;
  }

  servicesAt(address: string): readonly Service[] {
    return this.#informers.services.by(byClusterIp, address);
  }

  /** Endpoints of headless services at an address, and the services. */
  *endpointsAt(address: string): Generator<readonly [Service, NamedEndpoint]> {
    const keys = new Set(
      this.#informers.slices.by(byEndpoint, address).flatMap((slice) => [...byService(slice)]),
    );
    for (const key of keys) {
      const [namespace = "", name = ""] = key.split("/");
      const service = this.service(namespace, name);
      if (!service || !isHeadless(service)) continue;
      const endpoint = this.endpoints(namespace, name).find((one) => one.address === address);
      if (endpoint) yield [service, endpoint];
    }
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
  }
}

export const isHeadless = ({ spec }: Service): boolean =>
  spec.type !== "ExternalName" && spec.clusterIP === "None";

export const clusterIpsOf = ({ spec }: Service): readonly string[] => {
  if (spec.type === "ExternalName") return none;
  const { clusterIPs = spec.clusterIP ? [spec.clusterIP] : none } = spec;
  return clusterIPs.filter((ip) => ip !== "" && ip !== "None");
};

const none: readonly string[] = [];

const idOf = ({ host, address, ports }: NamedEndpoint): string =>
  `${host} ${address} ${ports.map(({ name, port }) => `${name}:${port}`).join()}`;

function endpointsIn({ endpoints, ports, addressType }: EndpointSlice): readonly NamedEndpoint[] {
  if (addressType === "FQDN") return [];
  const named = ports.flatMap(({ name = "", protocol = "TCP", port }) =>
    port === undefined ? [] : [{ name, protocol: protocol.toLowerCase(), port }],
  );
  return endpoints.filter(isReady).flatMap((endpoint) => {
    const [address] = endpoint.addresses;
    if (address === undefined) return [];
    const canonical = canonicalIp(address) ?? address;
    return [{ host: hostOf(endpoint, canonical), address: canonical, ports: named }];
  });
}

const isReady = ({ conditions }: Endpoint): boolean => conditions.ready ?? true;

/** One that has no name of its own is named after its address. */
const hostOf = ({ hostname }: Endpoint, address: string): string =>
  hostname?.toLowerCase() || address.replaceAll(/[.:]/g, "-");
