import { defineKind, type ObjectOf } from "#api/kind.ts";
import { Condition } from "#api/meta/condition.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ServiceCIDRSpec = s.struct("networking/v1.ServiceCIDRSpec", {
  cidrs: s.list(1, "string", { listType: "atomic" }),
});

export interface ServiceCIDRSpec extends ValueOf<typeof ServiceCIDRSpec> {}

export const ServiceCIDRStatus = s.struct("networking/v1.ServiceCIDRStatus", {
  conditions: s.list(1, Condition, {
    listType: "map",
    keys: ["type"],
    patch: "merge",
    patchKey: "type",
  }),
});

export interface ServiceCIDRStatus extends ValueOf<typeof ServiceCIDRStatus> {}

export const ServiceCIDR = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "ServiceCIDR",
  plural: "servicecidrs",
  scope: "Cluster",
  storage: { prefix: "/registry/servicecidrs", hash: "gNLvruQhW2g=" },
  schema: s.struct("networking/v1.ServiceCIDR", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, ServiceCIDRSpec),
    status: s.object(3, ServiceCIDRStatus),
  }),
  status: {},
});

export interface ServiceCIDR extends ObjectOf<typeof ServiceCIDR> {}
