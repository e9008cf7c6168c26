/**
 * Copies Endpoints that people write for services without a selector into EndpointSlices, where
 * proxies and name servers look.
 * upstream: pkg/controller/endpointslicemirroring/reconciler.go
 */
import { type EndpointAddress, Endpoints, type EndpointSubset } from "#api/core/endpoints.ts";
import { Service } from "#api/core/service.ts";
import { type Endpoint, type EndpointPort, EndpointSlice } from "#api/discovery/endpointslice.ts";
import type { Index } from "#client/cache.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { type Effect, remove, warn } from "./runtime/effects.ts";
import { familyOf, hasSelector, type IpFamily } from "./services/backends.ts";
import { packed, type SliceContent } from "./services/packing.ts";
import { managedByLabel, serviceNameLabel, writeSlice } from "./services/slice-writes.ts";
import { withoutTrigger } from "./services/trigger-time.ts";

// exact: kube-controller-manager
const managedBy = "endpointslicemirroring-controller.k8s.io";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const applied = "kubectl.kubernetes.io/last-applied-configuration";

/** --mirroring-max-endpoints-per-subset; one slice holds as many. */
const perSubsetMax = 1_000;

export const endpointsliceMirroringController = defineController({
  name: "endpointslice-mirroring-controller",
  eventSource: "endpoint-slice-mirroring-controller",
  queue: "endpoint_slice_mirroring",
  for: Endpoints,
  watches: [
    watching(Service, (service) => [keyOf(service)]),
    watching(EndpointSlice, mirroredFrom),
  ],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["endpoints", "services"] },
    {
      verbs: ["update"],
      apiGroups: [""],
      resources: ["services/finalizers", "endpoints/finalizers"],
    },
    {
      verbs: ["get", "list", "watch", "create", "update", "delete"],
      apiGroups: ["discovery.k8s.io"],
      resources: ["endpointslices"],
    },
    eventsRule,
  ],

  reconcile(endpoints, view) {
    const slices = mirrorsOf(keyOf(endpoints), view);
    if (!isMirrored(endpoints, view)) return slices.map((slice) => remove(EndpointSlice, slice));
    const families = familiesIn(endpoints);
    return [
      ...skipped(endpoints),
      ...families.flatMap((family) => mirror(endpoints, family, slices)),
      ...slices
        .filter(({ addressType }) => !families.includes(addressType as IpFamily))
        .map((slice) => remove(EndpointSlice, slice)),
    ];
  },

  gone: (key, view) => mirrorsOf(key, view).map((slice) => remove(EndpointSlice, slice)),
});

const isMirror = ({ metadata }: EndpointSlice): boolean =>
  metadata.labels?.[managedByLabel] === managedBy;

function mirroredFrom(slice: EndpointSlice): readonly string[] {
  const { namespace, labels } = slice.metadata;
  return isMirror(slice) ? [`${namespace}/${labels?.[serviceNameLabel]}`] : [];
}

const bySource: Index<EndpointSlice> = mirroredFrom;

const mirrorsOf = (key: string, view: View): readonly EndpointSlice[] =>
  view.by(EndpointSlice, bySource, key).filter(({ metadata }) => !metadata.deletionTimestamp);

function isMirrored({ metadata }: Endpoints, view: View): boolean {
  const { namespace, name = "", labels, annotations, deletionTimestamp } = metadata;
  if (deletionTimestamp || labels?.[skipLabel] === "true") return false;
  if (annotations?.[leaderAnnotation] !== undefined) return false;
  const service = view.get(Service, namespace, name);
  return service !== undefined && !hasSelector(service);
}

const addressesOf = ({ addresses = [], notReadyAddresses = [] }: EndpointSubset) => [
  ...addresses.map((address) => ({ address, ready: true })),
  ...notReadyAddresses.map((address) => ({ address, ready: false })),
];

const familiesIn = ({ subsets = [] }: Endpoints): readonly IpFamily[] => [
  ...new Set(subsets.flatMap(addressesOf).map(({ address }) => familyOf(address.ip))),
];

/** exact: kube-controller-manager, reason and message */
function skipped(endpoints: Endpoints): readonly Effect[] {
  const count = (endpoints.subsets ?? [])
    .map((subset) => addressesOf(subset).length)
    .reduce((sum, all) => sum + Math.max(all - perSubsetMax, 0), 0);
  const message = `A max of ${perSubsetMax} addresses can be mirrored to EndpointSlices per Endpoints subset. ${count} addresses were skipped`;
  return count > 0 ? [warn(endpoints, "TooManyAddressesToMirror", message)] : [];
}

function mirror(
  source: Endpoints,
  family: IpFamily,
  slices: readonly EndpointSlice[],
): readonly Effect[] {
  const ours = slices.filter(({ addressType }) => addressType === family);
  const groups = groupsOf(source, family);
  const contents = groups.size > 0 ? packed(ours, groups, perSubsetMax) : [];
  const labels = labelsOf(source);
  const { [applied]: _applied, ...annotations } = withoutTrigger(source.metadata.annotations);
  const owner = { kind: Endpoints, object: source };
  return [
    ...contents.flatMap((content) =>
      writeSlice(owner, { addressType: family, content, labels, annotations }),
    ),
    ...ours
      .filter((slice) => contents.every(({ from }) => from !== slice))
      .map((slice) => remove(EndpointSlice, slice)),
  ];
}

function groupsOf(
  { subsets = [] }: Endpoints,
  family: IpFamily,
): ReadonlyMap<string, SliceContent> {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: Endpoint[] }>();
  for (const subset of subsets) {
    const endpoints = addressesOf(subset)
      .slice(0, perSubsetMax)
      .filter(({ address }) => familyOf(address.ip) === family)
      .map(({ address, ready }) => endpointOf(address, ready));
    if (endpoints.length === 0) continue;
    const ports = (subset.ports ?? []).map(({ name = "", ...port }) => ({ name, ...port }));
    const key = JSON.stringify(ports);
    const group = groups.get(key);
    if (group) group.endpoints.push(...endpoints);
    else groups.set(key, { ports, endpoints });
  }
  return groups;
}

const endpointOf = (
  { ip, hostname, nodeName, targetRef }: EndpointAddress,
  ready: boolean,
): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname ? { hostname } : {}),
  ...(targetRef ? { targetRef } : {}),
  ...(nodeName ? { nodeName } : {}),
});

const labelsOf = ({ metadata }: Endpoints): Readonly<Record<string, string>> => ({
  ...metadata.labels,
  [serviceNameLabel]: metadata.name ?? "",
  [managedByLabel]: managedBy,
});
