import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Condition } from "#api/meta/condition.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ClientIPConfig = s.struct("core/v1.ClientIPConfig", {
  timeoutSeconds: s.int32(1, { optional: true }),
});

export interface ClientIPConfig extends ValueOf<typeof ClientIPConfig> {}

export const PortStatus = s.struct("core/v1.PortStatus", {
  port: s.int32(1, { required: true }),
  protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], { required: true }),
  error: s.string(3, { optional: true }),
});

export interface PortStatus extends ValueOf<typeof PortStatus> {}

export const LoadBalancerIngress = s.struct("core/v1.LoadBalancerIngress", {
  ip: s.string(1),
  hostname: s.string(2),
  ipMode: s.string(3, { optional: true }),
  ports: s.list(4, PortStatus, { listType: "atomic" }),
});

export interface LoadBalancerIngress extends ValueOf<typeof LoadBalancerIngress> {}

export const LoadBalancerStatus = s.struct("core/v1.LoadBalancerStatus", {
  ingress: s.list(1, LoadBalancerIngress, { listType: "atomic" }),
});

export interface LoadBalancerStatus extends ValueOf<typeof LoadBalancerStatus> {}

export const ServicePort = s.struct("core/v1.ServicePort", {
  name: s.string(1),
  protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], { default: "TCP" }),
  appProtocol: s.string(6, { optional: true }),
  port: s.int32(3, { required: true }),
  targetPort: s.intOrString(4),
  nodePort: s.int32(5),
});

export interface ServicePort extends ValueOf<typeof ServicePort> {}

export const SessionAffinityConfig = s.struct("core/v1.SessionAffinityConfig", {
  clientIP: s.object(1, ClientIPConfig, { optional: true }),
});

export interface SessionAffinityConfig extends ValueOf<typeof SessionAffinityConfig> {}

export const ServiceSpec = s.struct("core/v1.ServiceSpec", {
  ports: s.list(1, ServicePort, {
    listType: "map",
    keys: ["port", "protocol"],
    patch: "merge",
    patchKey: "port",
  }),
  selector: s.map(2, "string", { mapType: "atomic" }),
  clusterIP: s.string(3),
  clusterIPs: s.list(18, "string", { listType: "atomic" }),
  type: s.oneOf(4, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
  externalIPs: s.list(5, "string", { listType: "atomic" }),
  sessionAffinity: s.oneOf(7, ["ClientIP", "None"]),
  loadBalancerIP: s.string(8, { deprecated: true }),
  loadBalancerSourceRanges: s.list(9, "string", { listType: "atomic" }),
  externalName: s.string(10),
  externalTrafficPolicy: s.oneOf(11, ["Cluster", "Local"]),
  healthCheckNodePort: s.int32(12),
  publishNotReadyAddresses: s.boolean(13),
  sessionAffinityConfig: s.object(14, SessionAffinityConfig, { optional: true }),
  ipFamilies: s.list(19, { oneOf: ["", "IPv4", "IPv6"] }, { listType: "atomic" }),
  ipFamilyPolicy: s.oneOf(17, ["PreferDualStack", "RequireDualStack", "SingleStack"], {
    optional: true,
  }),
  allocateLoadBalancerNodePorts: s.boolean(20, { optional: true }),
  loadBalancerClass: s.string(21, { optional: true }),
  internalTrafficPolicy: s.oneOf(22, ["Cluster", "Local"], { optional: true }),
  trafficDistribution: s.string(23, { optional: true }),
});

export interface ServiceSpec extends ValueOf<typeof ServiceSpec> {}

export const ServiceStatus = s.struct("core/v1.ServiceStatus", {
  loadBalancer: s.object(1, LoadBalancerStatus),
  conditions: s.list(2, Condition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface ServiceStatus extends ValueOf<typeof ServiceStatus> {}

export const Service = defineKind({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/services/specs", hash: "0/CO1lhkEBI=" },
  deleteReturnsObject: true,
  schema: s.struct("core/v1.Service", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ServiceSpec),
    status: s.object(3, ServiceStatus),
  }),
  status: {},
});

export interface Service extends ObjectOf<typeof Service> {}
