/**
 * Takes back addresses that the API server gave to services, and that no service has any more.
 * upstream: pkg/registry/core/service/ipallocator/controller/repairip.go#syncIPAddress
 */
import { clusterIPsOf } from "#api/core/service-addresses.ts";
import { Service } from "#api/core/service.ts";
import { IPAddress } from "#api/networking/ipaddress.ts";
import { seconds } from "#base/clock.ts";
import { canonicalIp } from "#base/ip.ts";
import { isAllocated } from "./addresses/ranges.ts";
import { defineController, eventsRule, watching } from "./runtime/controller.ts";
import { type Effect, remove, wakeIn, warn } from "./runtime/effects.ts";
import { fetched, inSteps, type Steps } from "./runtime/steps.ts";

/** The service may be on its way to the cache. */
const graceMs = seconds(60);

export const clusterIpCleanerController = defineController({
  name: "ipallocator-cleaner-controller",
  eventSource: "ipallocator-repair-controller",
  for: IPAddress,
  watches: [
    watching(Service, ({ spec }, old) => [
      ...addressesOf(spec),
      ...(old ? addressesOf(old.spec) : []),
    ]),
  ],
  rules: [
    { verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["services"] },
    {
      verbs: ["get", "list", "watch", "delete"],
      apiGroups: ["networking.k8s.io"],
      resources: ["ipaddresses"],
    },
    eventsRule,
  ],
  leavesAlone: (address) => !isAllocated(address),

  reconcile(address, view) {
    if (!isAllocated(address) || address.metadata.deletionTimestamp) return [];
    const { parentRef } = address.spec;
    const service = view.get(Service, parentRef?.namespace, parentRef?.name ?? "");
    if (holds(service, address)) return [];
    const leftMs = view.since("nobody has it") + graceMs - view.now;
    return leftMs > 0 ? [wakeIn(leftMs)] : inSteps(takeBack(address));
  },
});

const addressesOf = (spec: Service["spec"]): readonly string[] =>
  clusterIPsOf(spec).flatMap((ip) => canonicalIp(ip) ?? []);

const holds = (service: Service | undefined, { metadata, spec }: IPAddress): boolean =>
  service !== undefined &&
  spec.parentRef?.resource === "services" &&
  addressesOf(service.spec).includes(metadata.name ?? "");

function* takeBack(address: IPAddress): Steps<readonly Effect[]> {
  const { namespace, name = "" } = address.spec.parentRef ?? {};
  const service = namespace ? yield* fetched(Service, { namespace, name }) : undefined;
  if (holds(service, address)) return [];
  // exact: kube-apiserver
  const message = `IPAddress: ${address.metadata.name} for Service ${namespace}/${name} appears to have leaked: cleaning up`;
  return [warn(address, "IPAddressNotAllocated", message), remove(IPAddress, address)];
}
