/**
 * The objects of the cluster with what names are made of, and nothing else: there are thousands of
 * them, and most of what they say is for others.
 */
import { Namespace } from "#api/core/namespace.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { AnyKind, ApiObject, Kind } from "#api/kind.ts";
import type { Client, WatchEvent } from "#client/client.ts";
import { serviceLabel } from "./cluster-data.ts";

/** Reads as `client` does; what it reads is lean. */
export const leanClient = (client: Client): Client => ({
  ...client,
  async list(kind, options) {
    const listing = await client.list(kind, options);
    return { ...listing, items: listing.items.map((object) => lean(kind, object)) };
  },
  async *watch(kind, options) {
    for await (const batch of client.watch(kind, options)) {
      yield batch.map((event) => leanEvent(kind, event));
    }
  },
});

function leanEvent<T extends ApiObject>(kind: Kind<T>, event: WatchEvent<T>): WatchEvent<T> {
  return event.type === "BOOKMARK" ? event : { ...event, object: lean(kind, event.object) };
}

function lean<T extends ApiObject>(kind: Kind<T>, object: T): T {
  const cut = cuts.get(kind) as ((object: T) => T) | undefined;
  return cut ? cut(object) : object;
}

const metadataOf = ({ metadata }: ApiObject): ApiObject["metadata"] => {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { ...(namespace && { namespace }), name, uid, resourceVersion };
};

const leanNamespace = (object: Namespace): Namespace => ({
  ...object,
  metadata: metadataOf(object),
});

function leanService(object: Service): Service {
  const { type, clusterIP, clusterIPs, externalName, ports } = object.spec;
  return {
    ...object,
    metadata: metadataOf(object),
    spec: {
      type,
      clusterIP,
      clusterIPs,
      externalName,
      ports: ports?.map(({ name, protocol, port }) => ({ name, protocol, port, targetPort: port })),
    },
    status: { loadBalancer: {} },
  };
}

function leanSlice(object: EndpointSlice): EndpointSlice {
  const { endpoints, metadata } = object;
  const service = metadata.labels?.[serviceLabel];
  return {
    ...object,
    metadata: { ...metadataOf(object), ...(service && { labels: { [serviceLabel]: service } }) },
    endpoints: endpoints.map(({ addresses, hostname, conditions: { ready } }) => ({
      addresses: addresses.slice(0, 1),
      ...(hostname && { hostname }),
      conditions: { ready },
    })),
  };
}

const cuts: ReadonlyMap<AnyKind, unknown> = new Map<AnyKind, unknown>([
  [Namespace, leanNamespace],
  [Service, leanService],
  [EndpointSlice, leanSlice],
]);
