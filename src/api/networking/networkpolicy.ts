import { defineKind, type ObjectOf } from "#api/kind.ts";
import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const IPBlock = s.struct("networking/v1.IPBlock", {
  cidr: s.string(1, { required: true }),
  except: s.list(2, "string", { listType: "atomic" }),
});

export interface IPBlock extends ValueOf<typeof IPBlock> {}

export const NetworkPolicyPort = s.struct("networking/v1.NetworkPolicyPort", {
  protocol: s.oneOf(1, ["SCTP", "TCP", "UDP"], { optional: true }),
  port: s.intOrString(2, { optional: true }),
  endPort: s.int32(3, { optional: true }),
});

export interface NetworkPolicyPort extends ValueOf<typeof NetworkPolicyPort> {}

export const NetworkPolicyPeer = s.struct("networking/v1.NetworkPolicyPeer", {
  podSelector: s.object(1, LabelSelector, { optional: true }),
  namespaceSelector: s.object(2, LabelSelector, { optional: true }),
  ipBlock: s.object(3, IPBlock, { optional: true }),
});

export interface NetworkPolicyPeer extends ValueOf<typeof NetworkPolicyPeer> {}

export const NetworkPolicyEgressRule = s.struct("networking/v1.NetworkPolicyEgressRule", {
  ports: s.list(1, NetworkPolicyPort, { listType: "atomic" }),
  to: s.list(2, NetworkPolicyPeer, { listType: "atomic" }),
});

export interface NetworkPolicyEgressRule extends ValueOf<typeof NetworkPolicyEgressRule> {}

export const NetworkPolicyIngressRule = s.struct("networking/v1.NetworkPolicyIngressRule", {
  ports: s.list(1, NetworkPolicyPort, { listType: "atomic" }),
  from: s.list(2, NetworkPolicyPeer, { listType: "atomic" }),
});

export interface NetworkPolicyIngressRule extends ValueOf<typeof NetworkPolicyIngressRule> {}

export const NetworkPolicySpec = s.struct("networking/v1.NetworkPolicySpec", {
  podSelector: s.object(1, LabelSelector, { always: true }),
  ingress: s.list(2, NetworkPolicyIngressRule, { listType: "atomic" }),
  egress: s.list(3, NetworkPolicyEgressRule, { listType: "atomic" }),
  policyTypes: s.list(4, { oneOf: ["Egress", "Ingress"] }, { listType: "atomic" }),
});

export interface NetworkPolicySpec extends ValueOf<typeof NetworkPolicySpec> {}

export const NetworkPolicy = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  shortNames: ["netpol"],
  scope: "Namespaced",
  storage: { prefix: "/registry/networkpolicies", hash: "YpfwF18m1G8=" },
  schema: s.struct("networking/v1.NetworkPolicy", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, NetworkPolicySpec),
  }),
});

export interface NetworkPolicy extends ObjectOf<typeof NetworkPolicy> {}
