import { ageColumn, nameColumn, orNone } from "#api/columns.ts";
import { TypedLocalObjectReference } from "#api/core/references.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";
import { validIngressSpec, validLoadBalancerIngress } from "./ingress-validation.ts";
import { invalid } from "#schema/field-error.ts";

/** Chose the class of an ingress before there was a field for it. */
const classAnnotation = "kubernetes.io/ingress.class";

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
  name: s.string(1, { required: true, doc: "The service, in the namespace of the ingress." }),
  port: s.object(2, ServiceBackendPort, { doc: "Its port, by name or by number." }),
});

export interface IngressServiceBackend extends ValueOf<typeof IngressServiceBackend> {}

export const IngressBackend = s.struct("networking/v1.IngressBackend", {
  service: s.object(4, IngressServiceBackend, { optional: true }),
  resource: s.object(3, TypedLocalObjectReference, { optional: true }),
});

export interface IngressBackend extends ValueOf<typeof IngressBackend> {}

export const HTTPIngressPath = s.struct("networking/v1.HTTPIngressPath", {
  path: s.string(1, { doc: "Must begin with `/`." }),
  pathType: s.oneOf(3, ["Exact", "ImplementationSpecific", "Prefix"], {
    required: true,
    nullable: true,
    doc: "Exact matches the whole path, Prefix its first parts, ImplementationSpecific as the controller likes.",
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
  host: s.string(1, {
    doc: "The name that clients ask for; `*.example.com` matches one further part. Empty: every name.",
  }),
  ingressRuleValue: s.inline(2, IngressRuleValue, { protoName: "ingressRuleValue" }),
});

export interface IngressRule extends ValueOf<typeof IngressRule> {}

export const IngressTLS = s.struct("networking/v1.IngressTLS", {
  hosts: s.list(1, "string", { listType: "atomic" }),
  secretName: s.string(2, { doc: "A secret of type kubernetes.io/tls." }),
});

export interface IngressTLS extends ValueOf<typeof IngressTLS> {}

export const IngressSpec = s.struct("networking/v1.IngressSpec", {
  ingressClassName: s.string(4, {
    optional: true,
    doc: "The class whose controller serves it.",
  }),
  defaultBackend: s.object(1, IngressBackend, {
    optional: true,
    doc: "Where requests go that no rule matches.",
  }),
  tls: s.list(2, IngressTLS, { listType: "atomic" }),
  rules: s.list(3, IngressRule, { listType: "atomic" }),
});

export interface IngressSpec extends ValueOf<typeof IngressSpec> {}

export const IngressStatus = s.struct("networking/v1.IngressStatus", {
  loadBalancer: s.object(1, IngressLoadBalancerStatus, {
    doc: "Where the ingress can be reached.",
  }),
});

export interface IngressStatus extends ValueOf<typeof IngressStatus> {}

export const Ingress = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  shortNames: ["ing"],
  scope: "Namespaced",
  doc: "Leads HTTP requests from outside to services, by host name and path, and ends TLS on the way.",
  storage: { prefix: "/registry/ingress", hash: "39NQlfNR+bo=" },
  hasGeneration: true,
  schema: s.struct("networking/v1.Ingress", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, IngressSpec),
    status: s.object(3, IngressStatus),
  }),

  validate: ({ spec }) => validIngressSpec(spec),

  *validateCreate({ metadata, spec }) {
    const annotated = metadata.annotations?.[classAnnotation];
    const named = spec.ingressClassName;
    if (annotated !== undefined && named !== undefined && annotated !== named) {
      yield invalid(
        `annotations.${classAnnotation}`,
        annotated,
        "must match `ingressClassName` when both are specified",
      );
    }
  },

  *warnings({ metadata }, old) {
    const isNew = old?.metadata.annotations?.[classAnnotation] === undefined;
    if (isNew && metadata.annotations?.[classAnnotation] !== undefined) {
      yield `annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`;
    }
  },

  status: {
    validate: ({ status }) => validLoadBalancerIngress(status.loadBalancer.ingress),
  },

  columns: [
    nameColumn,
    { name: "Class", type: "string", cell: ({ spec }) => orNone(spec.ingressClassName) },
    { name: "Hosts", type: "string", cell: ({ spec }) => hostsText(spec.rules ?? []) },
    { name: "Address", type: "string", cell: ({ status }) => addressText(status) },
    {
      name: "Ports",
      type: "string",
      cell: ({ spec }) => ((spec.tls ?? []).length > 0 ? "80, 443" : "80"),
    },
    ageColumn,
  ],
});

export interface Ingress extends ObjectOf<typeof Ingress> {}

/** The first three hosts, and how many rules there are beyond the place where it stopped. */
function hostsText(rules: readonly IngressRule[]): string {
  const hosts = rules.flatMap(({ host }) => (host ? [host] : []));
  if (hosts.length === 0) return "*";
  const shown = hosts.slice(0, 3).join(",");
  return hosts.length > 3 ? `${shown} + ${rules.length - 3} more...` : shown;
}

function addressText({ loadBalancer: { ingress = [] } }: IngressStatus): string {
  const addresses = ingress.flatMap(({ ip, hostname }) => ip || hostname || []);
  return [...new Set(addresses)].sort().join(",");
}
