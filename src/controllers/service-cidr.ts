/**
 * Says of each range of service addresses whether it can be used, and keeps one that is being
 * deleted until no service has an address of it that no other range has, too.
 * upstream: pkg/controller/servicecidrs/servicecidrs_controller.go
 */
import { withCondition } from "#api/meta/conditions.ts";
import { IPAddress } from "#api/networking/ipaddress.ts";
import { ServiceCIDR } from "#api/networking/servicecidr.ts";
import { formatTime, seconds } from "#base/clock.ts";
import { contains, parseIp } from "#base/ip.ts";
import { allocated, rangesAround, rangesOf } from "./addresses/ranges.ts";
import { defineController, eventsRule, type View, watching } from "./runtime/controller.ts";
import { type Effect, patch, setStatus, wakeIn } from "./runtime/effects.ts";
import { lacks, release, waits } from "./storage/protection.ts";

const finalizer = "networking.k8s.io/service-cidr-finalizer";
/** Until every API server knows that nothing is to be taken from the range any more. */
const graceMs = seconds(10);

export const serviceCidrController = defineController({
  name: "service-cidr-controller",
  identity: "service-cidrs-controller",
  queue: "servicecidrs",
  for: ServiceCIDR,
  // Whether one may go depends on the others.
  oneAtATime: true,
  watches: [watching(IPAddress, rangesAround), watching(ServiceCIDR, others)],
  rules: [
    {
      verbs: ["get", "list", "watch", "patch", "update"],
      apiGroups: ["networking.k8s.io"],
      resources: ["servicecidrs"],
    },
    {
      verbs: ["patch", "update"],
      apiGroups: ["networking.k8s.io"],
      resources: ["servicecidrs/finalizers", "servicecidrs/status"],
    },
    {
      verbs: ["get", "list", "watch"],
      apiGroups: ["networking.k8s.io"],
      resources: ["ipaddresses"],
    },
    eventsRule,
  ],

  reconcile(range, view) {
    if (range.metadata.deletionTimestamp) return end(range, view);
    const finalizers = [finalizer];
    return [
      ...(lacks(range, finalizer)
        ? [patch(ServiceCIDR, range, { is: "strategic", change: { metadata: { finalizers } } })]
        : []),
      ...tell(range, view, {
        status: "True",
        reason: "",
        message: "Kubernetes Service CIDR is ready",
      }),
    ];
  },
});

interface Word {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/** Nothing when that is said already, in whatever words. */
function tell(range: ServiceCIDR, { now }: View, word: Word): readonly Effect[] {
  const before = range.status.conditions?.find(({ type }) => type === "Ready");
  if (before?.status === word.status) return [];
  const condition = { type: "Ready", ...word, lastTransitionTime: formatTime(now) };
  const conditions = withCondition(range.status.conditions, condition);
  return [setStatus(ServiceCIDR, range, { ...range.status, conditions })];
}

function end(range: ServiceCIDR, view: View): readonly Effect[] {
  if (!waits(range, finalizer)) return [];
  // exact: kube-controller-manager
  if (isNeeded(range, view)) {
    return tell(range, view, {
      status: "False",
      reason: "Terminating",
      message:
        "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
    });
  }
  const leftMs = Date.parse(range.metadata.deletionTimestamp ?? "") + graceMs - view.now;
  return leftMs > 0 ? [wakeIn(leftMs)] : [release(ServiceCIDR, range, finalizer)];
}

/** A service has an address of it that is in no range that stays. */
function isNeeded(range: ServiceCIDR, view: View): boolean {
  const own = rangesOf(range);
  const staying = view
    .list(ServiceCIDR)
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .flatMap(rangesOf);
  return view.by(IPAddress, allocated, "").some(({ metadata: { name = "" } }) => {
    const ip = parseIp(name);
    if (!ip || !own.some((cidr) => contains(cidr, ip))) return false;
    return !staying.some((cidr) => contains(cidr, ip));
  });
}

/** One that comes or goes may be what another one waits for. */
function* others(range: ServiceCIDR, _old: ServiceCIDR | undefined, view: View): Iterable<string> {
  for (const { metadata } of view.list(ServiceCIDR))
    if (metadata.deletionTimestamp && metadata.name !== range.metadata.name)
      yield metadata.name ?? "";
}
