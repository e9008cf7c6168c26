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
import { aggregated, messageOf } from "#base/failure.ts";
import type { Index } from "#client/cache.ts";
import { isSame } from "#client/canonical.ts";
import { byNode } from "./nodes/node-pods.ts";
import { isNamespaceGoing } from "./pod-writes.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { type Effect, fail, remove, settle, warn } from "./runtime/effects.ts";
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
import { triggerTime } from "./services/trigger-time.ts";
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
    const { pods, lost } = podsOf(service, view);
    const listed = slices.length > 0 ? servingIn(slices) : undefined;
    const trigger = triggerTime({ service, pods, isReady: isPodReady, listed });
    const situation = { pods, slices, trigger, view };
    const effects = [
      ...families.flatMap((family) => reconcileFamily(service, family, situation)),
      ...slices
        .filter(({ addressType }) => !families.includes(addressType as IpFamily))
        .map((slice) => remove(EndpointSlice, slice)),
    ];
    const skipped = lost.length > 0 ? [complain(service, aggregated(lost))] : [];
    return [...effects.map((effect) => orComplaint(service, effect)), ...skipped];
  },
});

/** Pods of nodes that are gone are left out, and named: they are about to be removed. */
function podsOf(
  service: Service,
  view: View,
): { readonly pods: readonly Pod[]; readonly lost: readonly string[] } {
  const all = podsBehind(service, view).filter(hasEndpoint);
  if (service.spec.publishNotReadyAddresses) return { pods: all, lost: [] };
  const isLost = ({ spec: { nodeName = "" } }: Pod): boolean =>
    !view.get(Node, undefined, nodeName);
  const lost = all
    .filter(isLost)
    .map(
      ({ metadata, spec: { nodeName = "" } }) =>
        `skipping Pod ${metadata.name} for Service ${keyOf(service)}: Node ${nodeName} Not Found`,
    );
  return { pods: lost.length > 0 ? all.filter((pod) => !isLost(pod)) : all, lost };
}

const servingIn = (slices: readonly EndpointSlice[]): ReadonlyMap<string, boolean> =>
  new Map(
    slices.flatMap(({ endpoints }) =>
      endpoints.map(({ targetRef, conditions }) => [
        targetRef?.uid ?? "",
        conditions.serving ?? false,
      ]),
    ),
  );

/** exact: kube-controller-manager, reason and message */
const complain = (service: Service, why: string): Effect =>
  warn(
    service,
    "FailedToUpdateEndpointSlices",
    `Error updating Endpoint Slices for Service ${keyOf(service)}: ${why}`,
  );

/** A write that fails is told on the service; one in a namespace that is going away is nobody's loss. */
function orComplaint(service: Service, effect: Effect): Effect {
  if (effect.do !== "create" && effect.do !== "update" && effect.do !== "delete") return effect;
  return settle([effect], ([outcome]) => {
    if (!outcome || outcome.ok) return [];
    const { cause } = outcome;
    if (effect.do === "create" && isNamespaceGoing(cause)) return [];
    const name = effect.do === "create" ? "" : `${(effect.object as EndpointSlice).metadata.name} `;
    const what = `failed to ${effect.do} ${name}EndpointSlice for Service ${keyOf(service)}`;
    return [complain(service, `${what}: ${messageOf(cause)}`), fail(cause)];
  });
}

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
  /** When what has changed about the pods did so. */
  readonly trigger: string | undefined;
  readonly view: View;
}

function reconcileFamily(
  service: Service,
  family: IpFamily,
  { pods, slices, trigger, view }: Situation,
): readonly Effect[] {
  const own = slices.filter(({ addressType }) => addressType === family);
  const ours = own.filter((slice) => isOwnedBy(slice, service));
  const strays = own.filter((slice) => !isOwnedBy(slice, service));
  const wanted = groupsOf(service, family, { pods, view });
  const { contents, events } = withHints(service, packed(ours, wanted), { family, view });
  const labels = labelsOf(service);
  return [
    ...contents.flatMap((content) =>
      writeSlice(
        { kind: Service, object: service },
        { addressType: family, content, labels, trigger },
      ),
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

/** Undefined when it has no address of the family. */
function endpointOf(
  service: Service,
  pod: Pod,
  { family, view }: { readonly family: IpFamily; readonly view: View },
): Endpoint | undefined {
  const { nodeName } = pod.spec;
  const { publishNotReadyAddresses = false } = service.spec;
  const node = nodeName ? view.get(Node, undefined, nodeName) : undefined;
  const addresses = ipsOfFamily(pod, family);
  if (addresses.length === 0) return undefined;
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
