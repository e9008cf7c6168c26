/**
 * Lists the pods behind each service that has a selector in EndpointSlices of at most 100, with
 * what proxies need to know of each: is it ready, is it leaving, on which node and in which zone.
 * upstream: staging/src/k8s.io/endpointslice/reconciler.go
 */
import { Node } from "#api/core/node.ts";
import { isPodReady, isPodTerminating } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { Service } from "#api/core/service.ts";
import { type Endpoint, type EndpointPort, EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { Index } from "#client/cache.ts";
import { isSame } from "#client/canonical.ts";
import { byNode } from "./nodes/node-pods.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { type Effect, remove } from "./runtime/effects.ts";
import {
  familyOf,
  findPort,
  hasEndpoint,
  hasNoAddress,
  hasSelector,
  headlessLabel,
  type IpFamily,
  ipsOfFamily,
  namesItself,
  podsBehind,
  servicesSelecting,
} from "./services/backends.ts";
import { withHints } from "./services/hints.ts";
import { packed, type SliceContent } from "./services/packing.ts";
import { countChanges, managedBy, sliceMeter } from "./services/slice-metrics.ts";
import { managedByLabel, serviceNameLabel, writeSlice } from "./services/slice-writes.ts";
import { asksForZoneShares, shareOfNode, zoneOf } from "./services/zone-shares.ts";

export const endpointsliceController = defineController({
  name: "endpointslice-controller",
  eventSource: "endpoint-slice-controller",
  queue: "endpoint_slice",
  for: Service,
  meter: sliceMeter,
  watches: [
    watching(Pod, servicesSelecting),
    watching(EndpointSlice, (slice) => (isOurs(slice) ? [serviceKey(slice)] : [])),
    watching(Node, servicesOnNode),
  ],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["services", "pods", "nodes"] },
    { verbs: ["update"], apiGroups: [""], resources: ["services/finalizers"] },
    {
      verbs: ["get", "list", "watch", "create", "update", "delete"],
      apiGroups: ["discovery.k8s.io"],
      resources: ["endpointslices"],
    },
    eventsRule,
  ],

  reconcile(service, view) {
    if (service.spec.type === "ExternalName" || !hasSelector(service)) return [];
    const slices = view
      .by(EndpointSlice, byService, keyOf(service))
      .filter(({ metadata }) => !metadata.deletionTimestamp);
    const families = familiesOf(service);
    const pods = podsBehind(service, view).filter(hasEndpoint);
    return [
      ...families.flatMap((family) => reconcileFamily(service, family, { pods, slices, view })),
      ...slices
        .filter(({ addressType }) => !families.includes(addressType as IpFamily))
        .map((slice) => remove(EndpointSlice, slice)),
    ];
  },
});

const isOurs = ({ metadata }: EndpointSlice): boolean =>
  metadata.labels?.[managedByLabel] === managedBy;

const serviceKey = ({ metadata }: EndpointSlice): string =>
  `${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ""}`;

const byZoneShares: Index<Service> = (service) => (asksForZoneShares(service) ? ["asked"] : []);

const byService: Index<EndpointSlice> = (slice) => (isOurs(slice) ? [serviceKey(slice)] : []);

/**
 * A node that comes, goes or moves to another zone changes what is said of its pods; what it has
 * of all CPUs, what is said of those that are shared out by them.
 */
function* servicesOnNode(node: Node, old: Node | undefined, view: View): Generator<string> {
  const { name = "" } = node.metadata;
  if (!old || !isSame(shareOfNode(old), shareOfNode(node)) || !view.get(Node, undefined, name))
    yield* view.by(Service, byZoneShares, "asked").map(keyOf);
  const isSettled = old && zoneOf(old) === zoneOf(node) && view.get(Node, undefined, name);
  if (isSettled) return;
  for (const pod of view.by(Pod, byNode, name)) yield* servicesSelecting(pod, undefined, view);
}

function familiesOf({ spec }: Service): readonly IpFamily[] {
  const families = spec.ipFamilies?.filter((family): family is IpFamily => family !== "") ?? [];
  if (families.length > 0) return families;
  if (spec.clusterIP && spec.clusterIP !== "None") return [familyOf(spec.clusterIP)];
  return ["IPv4", "IPv6"];
}

interface Situation {
  readonly pods: readonly Pod[];
  readonly slices: readonly EndpointSlice[];
  readonly view: View;
}

function reconcileFamily(
  service: Service,
  family: IpFamily,
  { pods, slices, view }: Situation,
): readonly Effect[] {
  const own = slices.filter(({ addressType }) => addressType === family);
  const ours = own.filter((slice) => isOwnedBy(slice, service));
  const strays = own.filter((slice) => !isOwnedBy(slice, service));
  const wanted = groupsOf(service, family, { pods, view });
  const { contents, events } = withHints(service, packed(ours, wanted), { family, view });
  const labels = labelsOf(service);
  return [
    ...contents.flatMap((content) =>
      writeSlice({ kind: Service, object: service }, { addressType: family, content, labels }),
    ),
    ...[...strays, ...ours.filter((slice) => contents.every(({ from }) => from !== slice))].map(
      (slice) => remove(EndpointSlice, slice),
    ),
    ...countChanges(own, contents),
    ...events,
  ];
}

const isOwnedBy = ({ metadata }: EndpointSlice, service: Service): boolean =>
  metadata.ownerReferences?.some(({ uid }) => uid === service.metadata.uid) ?? false;

/** Pods whose ports have the same numbers stand together: a slice has one list of ports. */
function groupsOf(
  service: Service,
  family: IpFamily,
  { pods, view }: Pick<Situation, "pods" | "view">,
): ReadonlyMap<string, SliceContent> {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const endpoint = endpointOf(service, pod, { family, view });
    if (!endpoint) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key);
    if (group) group.endpoints.push(endpoint);
    else groups.set(key, { ports, endpoints: [endpoint] });
  }
  return groups;
}

function portsOf(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = findPort(pod, servicePort);
    if (port === undefined) return [];
    const { name = "", protocol = "TCP", appProtocol } = servicePort;
    return [{ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** Undefined when it has no address of the family, or its node is gone. */
function endpointOf(
  service: Service,
  pod: Pod,
  { family, view }: { readonly family: IpFamily; readonly view: View },
): Endpoint | undefined {
  const { nodeName } = pod.spec;
  const { publishNotReadyAddresses = false } = service.spec;
  const node = nodeName ? view.get(Node, undefined, nodeName) : undefined;
  const addresses = ipsOfFamily(pod, family);
  if (addresses.length === 0 || (!node && !publishNotReadyAddresses)) return undefined;
  const serving = isPodReady(pod);
  const terminating = isPodTerminating(pod);
  const ready = publishNotReadyAddresses || (serving && !terminating);
  const { namespace, name, uid } = pod.metadata;
  const zone = zoneOf(node);
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(namesItself(pod, service) ? { hostname: pod.spec.hostname } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}

/** The service's own labels, and those by which slices are found. */
function labelsOf(service: Service): Readonly<Record<string, string>> {
  const { [headlessLabel]: _headless, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(hasNoAddress(service) ? { [headlessLabel]: "" } : {}),
    [serviceNameLabel]: service.metadata.name ?? "",
    [managedByLabel]: managedBy,
  };
}
