/**
 * Services keep their addresses: what somebody took away of the IPAddress objects that the API
 * server writes with each service is made anew.
 * differs: upstream's API servers do it, each on its own.
 * upstream: pkg/registry/core/service/ipallocator/controller/repairip.go
 */
import { clusterIPsOf } from "#api/core/service-addresses.ts";
import { Service } from "#api/core/service.ts";
import { IPAddress } from "#api/networking/ipaddress.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { canonicalIp, contains, parseIp } from "#base/ip.ts";
import { managedBy, managedByLabel, rangesOf } from "./addresses/ranges.ts";
import { defineController, eventsRule, keyOf, type View, watching } from "./runtime/controller.ts";
import { create, type Effect, warn } from "./runtime/effects.ts";
import { fetched, inSteps, type Steps } from "./runtime/steps.ts";
import { familyOf } from "./services/backends.ts";

export const clusterIpRepairController = defineController({
  name: "ipallocator-repair-controller",
  for: Service,
  watches: [watching(IPAddress, ({ spec }) => [serviceKey(spec.parentRef)])],
  reads: [ServiceCIDR],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["services"] },
    {
      verbs: ["get", "list", "watch", "create"],
      apiGroups: ["networking.k8s.io"],
      resources: ["ipaddresses"],
    },
    {
      verbs: ["get", "list", "watch"],
      apiGroups: ["networking.k8s.io"],
      resources: ["servicecidrs"],
    },
    eventsRule,
  ],

  reconcile(service, view) {
    if (service.metadata.deletionTimestamp) return [];
    return clusterIPsOf(service.spec).flatMap((ip) => check(service, canonicalIp(ip) ?? ip, view));
  },
});

const serviceKey = (parent: IPAddress["spec"]["parentRef"]): string =>
  `${parent?.namespace}/${parent?.name}`;

// exact: kube-apiserver, all reasons and messages
function check(service: Service, ip: string, view: View): readonly Effect[] {
  if (!isInRange(ip, view)) {
    const message = `Cluster IP [${familyOf(ip)}]: ${ip} is not within any configured Service CIDR; please recreate service`;
    return [warn(service, "ClusterIPOutOfRange", message)];
  }
  const address = view.get(IPAddress, undefined, ip);
  if (!address) return inSteps(repair(service, ip));
  const { parentRef } = address.spec;
  if (parentRef?.resource === "services" && serviceKey(parentRef) === keyOf(service)) return [];
  const message = `Cluster IP [${familyOf(ip)}]: ${ip} was assigned to multiple services; please recreate service`;
  return [warn(service, "ClusterIPAlreadyAllocated", message)];
}

function isInRange(text: string, view: View): boolean {
  const ip = parseIp(text);
  const ranges = view.list(ServiceCIDR).flatMap(rangesOf);
  return ip !== undefined && ranges.some((range) => contains(range, ip));
}

/** The caches may show the service and its address in any order. */
function* repair(service: Service, ip: string): Steps<readonly Effect[]> {
  const { namespace, name = "", uid } = service.metadata;
  if (yield* fetched(IPAddress, { name: ip })) return [];
  const current = yield* fetched(Service, { namespace, name });
  const isHeld = current?.metadata.uid === uid && clusterIPsOf(current?.spec ?? {}).includes(ip);
  if (!isHeld) return [];
  const message = `Cluster IP [${familyOf(ip)}]: ${ip} is not allocated; repairing`;
  const labels = {
    "ipaddress.kubernetes.io/ip-family": familyOf(ip),
    [managedByLabel]: managedBy,
  };
  const spec = { parentRef: { resource: "services", namespace, name } };
  return [
    warn(service, "ClusterIPNotAllocated", message),
    create(IPAddress, { metadata: { name: ip, labels }, spec }),
  ];
}
