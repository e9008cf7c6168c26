import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectReference } from "#api/core/references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const EndpointConditions = s.struct("discovery/v1.EndpointConditions", {
  ready: s.boolean(1, { optional: true }),
  serving: s.boolean(2, { optional: true }),
  terminating: s.boolean(3, { optional: true }),
});

export interface EndpointConditions extends ValueOf<typeof EndpointConditions> {}

export const ForZone = s.struct("discovery/v1.ForZone", {
  name: s.string(1, { required: true }),
});

export interface ForZone extends ValueOf<typeof ForZone> {}

export const ForNode = s.struct("discovery/v1.ForNode", {
  name: s.string(1, { required: true }),
});

export interface ForNode extends ValueOf<typeof ForNode> {}

export const EndpointHints = s.struct("discovery/v1.EndpointHints", {
  forZones: s.list(1, ForZone, { listType: "atomic" }),
  forNodes: s.list(2, ForNode, { listType: "atomic" }),
});

export interface EndpointHints extends ValueOf<typeof EndpointHints> {}

export const Endpoint = s.struct("discovery/v1.Endpoint", {
  addresses: s.list(1, "string", { required: true, listType: "set" }),
  conditions: s.object(2, EndpointConditions),
  hostname: s.string(3, { optional: true }),
  targetRef: s.object(4, ObjectReference, { optional: true }),
  deprecatedTopology: s.map(5, "string"),
  nodeName: s.string(6, { optional: true }),
  zone: s.string(7, { optional: true }),
  hints: s.object(8, EndpointHints, { optional: true }),
});

export interface Endpoint extends ValueOf<typeof Endpoint> {}

export const EndpointPort = s.struct(
  "discovery/v1.EndpointPort",
  {
    name: s.string(1, { optional: true }),
    protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], { optional: true }),
    port: s.int32(3, { optional: true }),
    appProtocol: s.string(4, { optional: true }),
  },
  { atomic: true },
);

export interface EndpointPort extends ValueOf<typeof EndpointPort> {}

export const EndpointSlice = defineKind({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  scope: "Namespaced",
  storage: { prefix: "/registry/endpointslices", hash: "qgS0xkrxYAI=" },
  schema: s.struct("discovery/v1.EndpointSlice", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    addressType: s.oneOf(4, ["FQDN", "IPv4", "IPv6"], { required: true }),
    endpoints: s.list(2, Endpoint, { always: true, listType: "atomic" }),
    ports: s.list(3, EndpointPort, { always: true, listType: "atomic" }),
  }),
});

export interface EndpointSlice extends ObjectOf<typeof EndpointSlice> {}
