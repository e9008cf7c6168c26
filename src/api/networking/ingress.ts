import { defineKind, type ObjectOf } from "#api/kind.ts";
import { TypedLocalObjectReference } from "#api/core/references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ServiceBackendPort = s.struct(
  "networking/v1.ServiceBackendPort",
  {
    name: s.string(1),
    number: s.int32(2),
  },
  { atomic: true },
);

export interface ServiceBackendPort extends ValueOf<typeof ServiceBackendPort> {}

export const IngressServiceBackend = s.struct("networking/v1.IngressServiceBackend", {
  name: s.string(1, { required: true }),
  port: s.object(2, ServiceBackendPort),
});

export interface IngressServiceBackend extends ValueOf<typeof IngressServiceBackend> {}

export const IngressBackend = s.struct("networking/v1.IngressBackend", {
  service: s.object(4, IngressServiceBackend, { optional: true }),
  resource: s.object(3, TypedLocalObjectReference, { optional: true }),
});

export interface IngressBackend extends ValueOf<typeof IngressBackend> {}

export const HTTPIngressPath = s.struct("networking/v1.HTTPIngressPath", {
  path: s.string(1),
  pathType: s.oneOf(3, ["Exact", "ImplementationSpecific", "Prefix"], {
    required: true,
    nullable: true,
  }),
  backend: s.object(2, IngressBackend, { required: true }),
});

export interface HTTPIngressPath extends ValueOf<typeof HTTPIngressPath> {}

export const HTTPIngressRuleValue = s.struct("networking/v1.HTTPIngressRuleValue", {
  paths: s.list(1, HTTPIngressPath, { required: true, listType: "atomic" }),
});

export interface HTTPIngressRuleValue extends ValueOf<typeof HTTPIngressRuleValue> {}

export const IngressPortStatus = s.struct("networking/v1.IngressPortStatus", {
  port: s.int32(1, { required: true }),
  protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], { required: true }),
  error: s.string(3, { optional: true }),
});

export interface IngressPortStatus extends ValueOf<typeof IngressPortStatus> {}

export const IngressLoadBalancerIngress = s.struct("networking/v1.IngressLoadBalancerIngress", {
  ip: s.string(1),
  hostname: s.string(2),
  ports: s.list(4, IngressPortStatus, { listType: "atomic" }),
});

export interface IngressLoadBalancerIngress extends ValueOf<typeof IngressLoadBalancerIngress> {}

export const IngressLoadBalancerStatus = s.struct("networking/v1.IngressLoadBalancerStatus", {
  ingress: s.list(1, IngressLoadBalancerIngress, { listType: "atomic" }),
});

export interface IngressLoadBalancerStatus extends ValueOf<typeof IngressLoadBalancerStatus> {}

export const IngressRuleValue = s.struct("networking/v1.IngressRuleValue", {
  http: s.object(1, HTTPIngressRuleValue, { optional: true }),
});

export interface IngressRuleValue extends ValueOf<typeof IngressRuleValue> {}

export const IngressRule = s.struct("networking/v1.IngressRule", {
  host: s.string(1),
  ingressRuleValue: s.inline(2, IngressRuleValue, { protoName: "ingressRuleValue" }),
});

export interface IngressRule extends ValueOf<typeof IngressRule> {}

export const IngressTLS = s.struct("networking/v1.IngressTLS", {
  hosts: s.list(1, "string", { listType: "atomic" }),
  secretName: s.string(2),
});

export interface IngressTLS extends ValueOf<typeof IngressTLS> {}

export const IngressSpec = s.struct("networking/v1.IngressSpec", {
  ingressClassName: s.string(4, { optional: true }),
  defaultBackend: s.object(1, IngressBackend, { optional: true }),
  tls: s.list(2, IngressTLS, { listType: "atomic" }),
  rules: s.list(3, IngressRule, { listType: "atomic" }),
});

export interface IngressSpec extends ValueOf<typeof IngressSpec> {}

export const IngressStatus = s.struct("networking/v1.IngressStatus", {
  loadBalancer: s.object(1, IngressLoadBalancerStatus),
});

export interface IngressStatus extends ValueOf<typeof IngressStatus> {}

export const Ingress = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  shortNames: ["ing"],
  scope: "Namespaced",
  storage: { prefix: "/registry/ingress", hash: "39NQlfNR+bo=" },
  schema: s.struct("networking/v1.Ingress", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, IngressSpec),
    status: s.object(3, IngressStatus),
  }),
  status: {},
});

export interface Ingress extends ObjectOf<typeof Ingress> {}
