import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const ParentReference = s.struct("networking/v1.ParentReference", {
  group: s.string(1),
  resource: s.string(2, { required: true, omitEmpty: true }),
  namespace: s.string(3),
  name: s.string(4, { required: true, omitEmpty: true }),
});

export interface ParentReference extends ValueOf<typeof ParentReference> {}

export const IPAddressSpec = s.struct("networking/v1.IPAddressSpec", {
  parentRef: s.object(1, ParentReference, { required: true, optional: true }),
});

export interface IPAddressSpec extends ValueOf<typeof IPAddressSpec> {}

export const IPAddress = defineKind({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  shortNames: ["ip"],
  scope: "Cluster",
  storage: { prefix: "/registry/ipaddresses", hash: "3f/plJFChNE=" },
  schema: s.struct("networking/v1.IPAddress", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    spec: s.object(2, IPAddressSpec, { required: true }),
  }),
});

export interface IPAddress extends ObjectOf<typeof IPAddress> {}
