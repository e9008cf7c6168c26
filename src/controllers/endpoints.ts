/**
 * Lists the addresses behind each service that has a selector in one Endpoints object: the older
 * form of EndpointSlices, which some clients still read.
 * upstream: pkg/controller/endpoint/endpoints_controller.go
 */
import {
  type EndpointAddress,
  type EndpointPort,
  Endpoints,
  type EndpointSubset,
} from "#api/core/endpoints.ts";
import { isPodReady } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { Service, type ServicePort } from "#api/core/service.ts";
import { messageOf } from "#base/failure.ts";
import { isSame } from "#client/canonical.ts";
import { isNamespaceGoing } from "./pod-writes.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { create, type Effect, fail, remove, settle, update, warn } from "./runtime/effects.ts";
import {
  familyOf,
  findPort,
  hasLiveEndpoint,
  hasNoAddress,
  hasSelector,
  headlessLabel,
  ipsOf,
  namesItself,
  podsBehind,
  servicesSelecting,
} from "./services/backends.ts";
import { triggerTime, withoutTrigger, withTrigger } from "./services/trigger-time.ts";
import { capped, overCapacityAnnotation, repacked } from "./services/subsets.ts";

const managedByLabel = "endpoints.kubernetes.io/managed-by";
const managedBy = "endpoint-controller";

export const endpointsController = defineController({
  name: "endpoints-controller",
  identity: "endpoint-controller",
  eventSource: "endpoint-controller",
  queue: "endpoint",
  for: Service,
  watches: [
    watching(Pod, servicesSelecting),
    watching(Endpoints, (endpoints) => [keyOf(endpoints)]),
  ],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["services", "pods"] },
    {
      verbs: ["get", "list", "watch", "create", "update", "delete"],
      apiGroups: [""],
      resources: ["endpoints"],
    },
    { verbs: ["create"], apiGroups: [""], resources: ["endpoints/restricted"] },
    eventsRule,
  ],

  reconcile(service, view) {
    if (service.spec.type === "ExternalName" || !hasSelector(service)) return [];
    const { namespace, name = "" } = service.metadata;
    const current = view.get(Endpoints, namespace, name);
    const wanted = endpointsOf(service, view, current);
    if (!current) {
      return service.metadata.deletionTimestamp ? [] : [write(service, wanted, "create")];
    }
    return isUpToDate(current, wanted) ? [] : [write(service, { ...current, ...wanted }, "update")];
  },

  gone(key, view) {
    const [name = "", namespace] = key.split("/").toReversed();
    const left = view.get(Endpoints, namespace, name);
    return left && isOurs(left) ? [remove(Endpoints, left)] : [];
  },
});

/** Made by a controller like this one; those that people made are theirs to delete. */
const isOurs = ({ metadata }: Endpoints): boolean =>
  metadata.labels?.[managedByLabel] === managedBy;

// exact: kube-controller-manager
const failures = {
  create: ["FailedToCreateEndpoint", "Failed to create endpoint for service"],
  update: ["FailedToUpdateEndpoint", "Failed to update endpoint"],
} as const;

function write(service: Service, wanted: Wanted, verb: "create" | "update"): Effect {
  const { apiVersion, kind } = Endpoints;
  const endpoints = { ...wanted, apiVersion, kind };
  const effect = verb === "create" ? create(Endpoints, wanted) : update(Endpoints, endpoints);
  return settle([effect], ([outcome]) => {
    if (!outcome || outcome.ok) return [];
    const { cause } = outcome;
    if (verb === "create" && isNamespaceGoing(cause)) return [];
    const [reason, said] = failures[verb];
    const message = `${said} ${keyOf(service)}: ${messageOf(cause)}`;
    return [warn(endpoints, reason, message), fail(cause)];
  });
}

type Wanted = Pick<Endpoints, "metadata" | "subsets">;

function endpointsOf(service: Service, view: View, current: Endpoints | undefined): Wanted {
  const { namespace, name, labels } = service.metadata;
  const pods = podsBehind(service, view).filter(hasLiveEndpoint);
  const all = pods.flatMap((pod) => subsetsOf(service, pod));
  const { subsets, isCapped } = capped(repacked(all));
  const { [overCapacityAnnotation]: _over, ...others } = current?.metadata.annotations ?? {};
  const isReady = (pod: Pod): boolean => countsAsReady(service, pod);
  const trigger = triggerTime({ service, pods, isReady, listed: current && readyIn(current) });
  return {
    metadata: {
      ...(current?.metadata ?? { name, namespace }),
      labels: {
        ...labels,
        [managedByLabel]: managedBy,
        ...(hasNoAddress(service) ? { [headlessLabel]: "" } : {}),
      },
      annotations: withTrigger(
        isCapped ? { ...others, [overCapacityAnnotation]: "truncated" } : others,
        trigger,
      ),
    },
    subsets,
  };
}

const readyIn = ({ subsets = [] }: Endpoints): ReadonlyMap<string, boolean> =>
  new Map(
    subsets.flatMap(({ addresses = [], notReadyAddresses = [] }) => [
      ...notReadyAddresses.map(({ targetRef }) => [targetRef?.uid ?? "", false] as const),
      ...addresses.map(({ targetRef }) => [targetRef?.uid ?? "", true] as const),
    ]),
  );

const countsAsReady = ({ spec }: Service, pod: Pod): boolean =>
  spec.publishNotReadyAddresses === true || isPodReady(pod);

/** One per port: they are put together later. */
function subsetsOf(service: Service, pod: Pod): readonly EndpointSubset[] {
  const address = addressOf(service, pod);
  if (!address) return [];
  const ports = portsOf(service, pod);
  const isReady = countsAsReady(service, pod);
  return ports.map((port) => ({
    ...(isReady ? { addresses: [address] } : { notReadyAddresses: [address] }),
    ...(port ? { ports: [port] } : {}),
  }));
}

/** Of the family of the service's own address. */
function addressOf(service: Service, pod: Pod): EndpointAddress | undefined {
  const { clusterIP = "", ipFamilies = [] } = service.spec;
  const family = ipFamilies[0] || familyOf(clusterIP);
  const ip = ipsOf(pod).find((candidate) => familyOf(candidate) === family);
  if (!ip) return undefined;
  const { namespace, name, uid } = pod.metadata;
  return {
    ip,
    ...(namesItself(pod, service) ? { hostname: pod.spec.hostname } : {}),
    nodeName: pod.spec.nodeName,
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

/** A headless service may have none; then its endpoints are addresses only. */
function portsOf(service: Service, pod: Pod): readonly (EndpointPort | undefined)[] {
  const { ports = [] } = service.spec;
  if (ports.length === 0) return service.spec.clusterIP === "None" ? [undefined] : [];
  return ports.flatMap((port) => {
    const number = findPort(pod, port);
    return number === undefined ? [] : [endpointPort(port, number)];
  });
}

const endpointPort = (
  { name, protocol, appProtocol }: ServicePort,
  port: number,
): EndpointPort => ({
  name,
  port,
  protocol,
  appProtocol,
});

const isUpToDate = (current: Endpoints, wanted: Wanted): boolean =>
  isSame(current.subsets ?? [], wanted.subsets) &&
  isSame(current.metadata.labels ?? {}, wanted.metadata.labels) &&
  isSame(withoutTrigger(current.metadata.annotations), withoutTrigger(wanted.metadata.annotations));
