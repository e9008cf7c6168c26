/**
 * Which pods stand behind a service, at which addresses and ports.
 * upstream: staging/src/k8s.io/endpointslice/{utils.go,util/controller_utils.go}
 */
import type { Container } from "#api/core/container.ts";
import { isPodReady, isPodTerminal, isPodTerminating } from "#api/core/pod-conditions.ts";
import { Pod } from "#api/core/pod.ts";
import { Service, type ServicePort } from "#api/core/service.ts";
import { canonicalIp } from "#base/ip.ts";
import { isSame } from "#client/canonical.ts";
import { keyOf, type View } from "../runtime/controller.ts";

export const headlessLabel = "service.kubernetes.io/headless";

/** Clients reach the pods themselves: it has no address of its own. */
export const hasNoAddress = ({ spec }: Service): boolean =>
  spec.clusterIP === undefined || spec.clusterIP === "None";

export const isSelected = ({ spec }: Service, pod: Pod): boolean => {
  for (const key in spec.selector) {
    if (pod.metadata.labels?.[key] !== spec.selector[key]) return false;
  }
  return true;
};

/** Services without a selector get their endpoints from elsewhere. */
export const hasSelector = ({ spec }: Service): boolean =>
  spec.selector !== undefined && Object.keys(spec.selector).length > 0;

export const podsBehind = (service: Service, view: View): readonly Pod[] =>
  view.list(Pod, service.metadata.namespace).filter((pod) => isSelected(service, pod));

/** It has an address and has not finished. */
export const hasEndpoint = (pod: Pod): boolean => !isPodTerminal(pod) && ipsOf(pod).length > 0;

export const hasLiveEndpoint = (pod: Pod): boolean => hasEndpoint(pod) && !isPodTerminating(pod);

export const ipsOf = ({ status }: Pod): readonly string[] =>
  status.podIPs?.map(({ ip }) => ip) ?? (status.podIP ? [status.podIP] : []);

export type IpFamily = "IPv4" | "IPv6";

export const familyOf = (ip: string): IpFamily => (ip.includes(":") ? "IPv6" : "IPv4");

export const ipsOfFamily = (pod: Pod, family: IpFamily): readonly string[] =>
  ipsOf(pod)
    .filter((ip) => familyOf(ip) === family)
    .map((ip) => canonicalIp(ip) ?? ip);

/** The pod has a name of its own under the service's. */
export const namesItself = (pod: Pod, { metadata }: Service): boolean =>
  pod.spec.hostname !== undefined &&
  pod.spec.subdomain === metadata.name &&
  pod.metadata.namespace === metadata.namespace;

/** The number itself, or that of the pod's port of that name. */
export function findPort(
  pod: Pod,
  { targetPort, protocol = "TCP" }: ServicePort,
): number | undefined {
  if (typeof targetPort === "number") return targetPort;
  const { containers, initContainers = [] } = pod.spec;
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...containers, ...sidecars]
    .flatMap(({ ports = [] }: Container) => ports)
    .find((port) => port.name === targetPort && (port.protocol ?? "TCP") === protocol)
    ?.containerPort;
}

/** The services that a pod's change concerns: those that select it, or did. */
export function* servicesSelecting(pod: Pod, old: Pod | undefined, view: View): Generator<string> {
  const { namespace, name = "" } = pod.metadata;
  const isThere = view.get(Pod, namespace, name) !== undefined;
  if (isThere && old && isSameEndpoint(pod, old)) return;
  for (const service of view.list(Service, pod.metadata.namespace)) {
    if (!hasSelector(service)) continue;
    if (isSelected(service, pod) || (old && isSelected(service, old))) yield keyOf(service);
  }
}

/** Most changes of a pod do not concern services: restarts, probes, other conditions. */
const isSameEndpoint = (pod: Pod, old: Pod): boolean =>
  isPodReady(pod) === isPodReady(old) &&
  isPodTerminal(pod) === isPodTerminal(old) &&
  isPodTerminating(pod) === isPodTerminating(old) &&
  pod.spec.nodeName === old.spec.nodeName &&
  pod.metadata.uid === old.metadata.uid &&
  isSame(ipsOf(pod), ipsOf(old)) &&
  isSame(pod.metadata.labels, old.metadata.labels);
