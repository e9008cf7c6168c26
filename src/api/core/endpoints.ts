import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectReference } from "./references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const EndpointAddress = s.struct(
  "core/v1.EndpointAddress",
  {
    ip: s.string(1, { required: true }),
    hostname: s.string(3),
    nodeName: s.string(4, { optional: true }),
    targetRef: s.object(2, ObjectReference, { optional: true }),
  },
  { atomic: true },
);

export interface EndpointAddress extends ValueOf<typeof EndpointAddress> {}

export const EndpointPort = s.struct(
  "core/v1.EndpointPort",
  {
    name: s.string(1),
    port: s.int32(2, { required: true }),
    protocol: s.oneOf(3, ["SCTP", "TCP", "UDP"]),
    appProtocol: s.string(4, { optional: true }),
  },
  { atomic: true },
);

export interface EndpointPort extends ValueOf<typeof EndpointPort> {}

export const EndpointSubset = s.struct("core/v1.EndpointSubset", {
  addresses: s.list(1, EndpointAddress, { listType: "atomic" }),
  notReadyAddresses: s.list(2, EndpointAddress, { listType: "atomic" }),
  ports: s.list(3, EndpointPort, { listType: "atomic" }),
});

export interface EndpointSubset extends ValueOf<typeof EndpointSubset> {}

export const Endpoints = defineKind({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  shortNames: ["ep"],
  scope: "Namespaced",
  storage: { prefix: "/registry/services/endpoints", hash: "fWeeMqaN/OA=" },
  schema: s.struct("core/v1.Endpoints", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    subsets: s.list(2, EndpointSubset, { listType: "atomic" }),
  }),
});

export interface Endpoints extends ObjectOf<typeof Endpoints> {}
