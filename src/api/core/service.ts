import { ageColumn, labelsText, nameColumn } from "#api/columns.ts";
import { nameIsDnsLabel } from "#api/names.ts";
import { clusterIPText, externalIPText, portsText } from "./service-columns.ts";
import { defaultService, keepAllocated } from "./service-defaults.ts";
import {
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from "./service-validation.ts";
import { serviceWarnings } from "./service-warnings.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Condition } from "#api/meta/condition.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ClientIPConfig = s.struct("core/v1.ClientIPConfig", {
  timeoutSeconds: s.int32(1, { doc: "How long a client stays with a pod.", optional: true }),
});

export interface ClientIPConfig extends ValueOf<typeof ClientIPConfig> {}

export const PortStatus = s.struct("core/v1.PortStatus", {
  port: s.int32(1, { doc: "The port.", required: true }),
  protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], {
    doc: "TCP, UDP or SCTP.",
    required: true,
    checkedByOwner: true,
  }),
  error: s.string(3, { doc: "What is wrong with it.", optional: true }),
});

export interface PortStatus extends ValueOf<typeof PortStatus> {}

export const LoadBalancerIngress = s.struct("core/v1.LoadBalancerIngress", {
  ip: s.string(1, { doc: "Its address." }),
  hostname: s.string(2, { doc: "Its name." }),
  ipMode: s.string(3, {
    doc: "VIP when traffic arrives with its address, Proxy when with the node's.",
    optional: true,
  }),
  ports: s.list(4, PortStatus, { doc: "Its ports.", listType: "atomic" }),
});

export interface LoadBalancerIngress extends ValueOf<typeof LoadBalancerIngress> {}

export const LoadBalancerStatus = s.struct("core/v1.LoadBalancerStatus", {
  ingress: s.list(1, LoadBalancerIngress, { doc: "Its addresses.", listType: "atomic" }),
});

export interface LoadBalancerStatus extends ValueOf<typeof LoadBalancerStatus> {}

export const ServicePort = s.struct("core/v1.ServicePort", {
  name: s.string(1, { doc: "Name of the port; needed when there are several." }),
  protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], {
    doc: "TCP, UDP or SCTP. TCP when unset.",
    default: "TCP",
    checkedByOwner: true,
  }),
  appProtocol: s.string(6, {
    doc: "What is spoken, as a hint: http, kubernetes.io/h2c…",
    optional: true,
  }),
  port: s.int32(3, { doc: "The port of the service.", required: true }),
  targetPort: s.intOrString(4, {
    doc: "Number or name of the port of the pods; the same number when unset.",
  }),
  nodePort: s.int32(5, { doc: "The port that every node opens for it; given out when unset." }),
});

export interface ServicePort extends ValueOf<typeof ServicePort> {}

export const SessionAffinityConfig = s.struct("core/v1.SessionAffinityConfig", {
  clientIP: s.object(1, ClientIPConfig, {
    doc: "For affinity by the client's address.",
    optional: true,
  }),
});

export interface SessionAffinityConfig extends ValueOf<typeof SessionAffinityConfig> {}

export const ServiceSpec = s.struct("core/v1.ServiceSpec", {
  ports: s.list(1, ServicePort, {
    doc: "Ports that it offers.",
    listType: "map",
    keys: ["port", "protocol"],
    patch: "merge",
    patchKey: "port",
  }),
  selector: s.map(2, "string", {
    doc: "Labels of the pods that serve it. Without it, someone else keeps the endpoints.",
    mapType: "atomic",
  }),
  clusterIP: s.string(3, {
    doc: "Its address inside the cluster; given out when unset, None for a headless service.",
  }),
  clusterIPs: s.list(18, "string", {
    doc: "Its addresses, one of each family.",
    listType: "atomic",
  }),
  type: s.oneOf(4, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], {
    doc: "ClusterIP, NodePort, LoadBalancer or ExternalName.",
    checkedByOwner: true,
  }),
  externalIPs: s.list(5, "string", {
    doc: "Addresses of nodes that accept traffic for it too.",
    listType: "atomic",
  }),
  sessionAffinity: s.oneOf(7, ["ClientIP", "None"], {
    doc: "ClientIP sends a client to the same pod again; None does not.",
    checkedByOwner: true,
  }),
  loadBalancerIP: s.string(8, { doc: "Address to ask the load balancer for.", deprecated: true }),
  loadBalancerSourceRanges: s.list(9, "string", {
    doc: "Networks that may use the load balancer.",
    listType: "atomic",
  }),
  externalName: s.string(10, { doc: "Name that an ExternalName service stands for." }),
  externalTrafficPolicy: s.oneOf(11, ["Cluster", "Local"], {
    doc: "Local keeps traffic from outside on the node where it arrives, and its source address with it.",
    checkedByOwner: true,
  }),
  healthCheckNodePort: s.int32(12, {
    doc: "Port where load balancers ask whether a node has pods of it.",
  }),
  publishNotReadyAddresses: s.boolean(13, { doc: "Offer pods before they are ready." }),
  sessionAffinityConfig: s.object(14, SessionAffinityConfig, {
    doc: "How long a client is remembered.",
    optional: true,
  }),
  ipFamilies: s.list(
    19,
    { oneOf: ["", "IPv4", "IPv6"] },
    { doc: "IPv4, IPv6 or both, in order.", listType: "atomic", checkedByOwner: true },
  ),
  ipFamilyPolicy: s.oneOf(17, ["PreferDualStack", "RequireDualStack", "SingleStack"], {
    doc: "Whether it has addresses of one family or of both.",
    checkedByOwner: true,
    optional: true,
  }),
  allocateLoadBalancerNodePorts: s.boolean(20, {
    doc: "Whether a load balancer needs ports of the nodes.",
    optional: true,
  }),
  loadBalancerClass: s.string(21, { doc: "Who makes the load balancer.", optional: true }),
  internalTrafficPolicy: s.oneOf(22, ["Cluster", "Local"], {
    doc: "Local keeps traffic from inside on the same node.",
    checkedByOwner: true,
    optional: true,
  }),
  trafficDistribution: s.string(23, { doc: "Preference for near pods.", optional: true }),
});

export interface ServiceSpec extends ValueOf<typeof ServiceSpec> {}

export const ServiceStatus = s.struct("core/v1.ServiceStatus", {
  loadBalancer: s.object(1, LoadBalancerStatus, { doc: "What the load balancer is known as." }),
  conditions: s.list(2, Condition, {
    doc: "What else is known.",
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
  doc: "One stable address and name for a changing set of pods, and how traffic for it is spread over them.",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  scope: "Namespaced",
  storage: { prefix: "/registry/services/specs", hash: "0/CO1lhkEBI=" },
  deleteReturnsObject: true,
  schema: s.struct(
    "core/v1.Service",
    {
      ...typeMeta,
      metadata: s.object(1, ObjectMeta),
      spec: s.object(2, ServiceSpec),
      status: s.object(3, ServiceStatus),
    },
    { defaults: (draft): void => defaultService(draft) },
  ),
  columns: [
    nameColumn,
    {
      name: "Type",
      type: "string",
      doc: "How it can be reached.",
      cell: ({ spec }) => spec.type ?? "",
    },
    {
      name: "Cluster-IP",
      type: "string",
      doc: "Its address inside the cluster.",
      cell: ({ spec }) => clusterIPText(spec),
    },
    {
      name: "External-IP",
      type: "string",
      doc: "Its addresses outside the cluster.",
      cell: ({ spec, status }) => externalIPText(spec, status),
    },
    {
      name: "Port(s)",
      type: "string",
      doc: "Its ports, each with that of the nodes behind a colon.",
      cell: ({ spec }) => portsText(spec),
    },
    ageColumn,
    {
      name: "Selector",
      type: "string",
      wide: true,
      doc: "Labels of its pods.",
      cell: ({ spec }) => labelsText(spec.selector),
    },
  ],
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },
  // RelaxedServiceNameValidation: the first character may be a digit.
  nameRule: nameIsDnsLabel,
  createsOnUpdate: true,
  prepareForCreate(draft): void {
    if (draft.spec.clusterIP) draft.spec.clusterIPs ??= [draft.spec.clusterIP];
  },
  prepareForUpdate: (draft, old): void => keepAllocated(draft, old),
  validateCreate: (service): Iterable<FieldError> => validateService(service),
  validateUpdate: (service, old): Iterable<FieldError> => validateServiceUpdate(service, old),
  warnings: (service): Iterable<string> => serviceWarnings(service),
  status: {
    validate: (service, old): Iterable<FieldError> => validateServiceStatus(service, old),
  },
});

export interface Service extends ObjectOf<typeof Service> {}
