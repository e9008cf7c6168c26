/**
 * What a Service needs and how it may be reached.
 * upstream: pkg/api/service/util.go
 */
import type { Service, ServiceSpec } from "./service.ts";

/** As much of a Service as matters here. */
type WithSpec = Pick<Service, "spec">;

/** Clients get the addresses of the pods themselves. */
export const isHeadless = ({ spec }: WithSpec): boolean =>
  spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === "None";

/** Just a name in DNS: no address, no endpoints. */
export const isExternalName = ({ spec }: WithSpec): boolean => spec.type === "ExternalName";

export const isLoadBalancer = ({ spec }: WithSpec): boolean => spec.type === "LoadBalancer";

/** It has, or will get, an address inside the cluster. */
export const hasClusterIP = (service: WithSpec): boolean =>
  !isExternalName(service) && !isHeadless(service);

/** Its ports are to be open on every node. */
export const needsNodePort = ({ spec }: WithSpec): boolean =>
  spec.type === "NodePort" ||
  (spec.type === "LoadBalancer" && (spec.allocateLoadBalancerNodePorts ?? true));

export const isExternallyAccessible = ({ spec }: WithSpec): boolean =>
  spec.type === "LoadBalancer" ||
  spec.type === "NodePort" ||
  (spec.type === "ClusterIP" && (spec.externalIPs?.length ?? 0) > 0);

/** Traffic from outside goes to pods on the node where it arrives, or nowhere. */
export const requestsOnlyLocalTraffic = (service: WithSpec): boolean =>
  isExternallyAccessible(service) &&
  service.spec.type !== "ClusterIP" &&
  service.spec.externalTrafficPolicy === "Local";

/** Load balancers must learn on which nodes its pods are. */
export const needsHealthCheck = (service: WithSpec): boolean =>
  isLoadBalancer(service) && requestsOnlyLocalTraffic(service);

/** The addresses inside the cluster, without `None`. */
export const clusterIPsOf = ({ clusterIPs, clusterIP }: ServiceSpec): readonly string[] => {
  const all = clusterIPs ?? (clusterIP ? [clusterIP] : []);
  return all.filter((ip) => ip !== "" && ip !== "None");
};

export const isIPv6 = (ip: string): boolean => ip.includes(":");
