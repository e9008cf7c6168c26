import { ageColumn, nameColumn } from "#api/columns.ts";
import { endpointsText } from "./endpoints-columns.ts";
import { validateEndpoints } from "./endpoints-validation.ts";
import type { FieldError } from "#schema/field-error.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectReference } from "./references.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

export const EndpointAddress = s.struct(
  "core/v1.EndpointAddress",
  {
    ip: s.string(1, { doc: "The address.", required: true }),
    hostname: s.string(3, { doc: "Its name in DNS, below that of the service." }),
    nodeName: s.string(4, { doc: "The node it is on.", optional: true }),
    targetRef: s.object(2, ObjectReference, { doc: "The pod behind it.", optional: true }),
  },
  { atomic: true },
);

export interface EndpointAddress extends ValueOf<typeof EndpointAddress> {}

export const EndpointPort = s.struct(
  "core/v1.EndpointPort",
  {
    name: s.string(1, { doc: "Name of the port, as the service has it." }),
    port: s.int32(2, { doc: "Its number.", required: true }),
    protocol: s.oneOf(3, ["SCTP", "TCP", "UDP"], { doc: "TCP, UDP or SCTP." }),
    appProtocol: s.string(4, {
      doc: "What is spoken on it, as in `kubernetes.io/h2c`.",
      optional: true,
    }),
  },
  {
    defaults(draft): void {
      draft.protocol ||= "TCP";
    },
    atomic: true,
  },
);

export interface EndpointPort extends ValueOf<typeof EndpointPort> {}

export const EndpointSubset = s.struct("core/v1.EndpointSubset", {
  addresses: s.list(1, EndpointAddress, { doc: "Addresses that are ready.", listType: "atomic" }),
  notReadyAddresses: s.list(2, EndpointAddress, {
    doc: "Addresses that are not ready.",
    listType: "atomic",
  }),
  ports: s.list(3, EndpointPort, { doc: "Ports of all of them.", listType: "atomic" }),
});

export interface EndpointSubset extends ValueOf<typeof EndpointSubset> {}

export const Endpoints = defineKind({
  group: "",
  version: "v1",
  kind: "Endpoints",
  doc: "The addresses behind a Service, in one list. Deprecated: EndpointSlices hold more of them, and more about them.",
  plural: "endpoints",
  shortNames: ["ep"],
  scope: "Namespaced",
  storage: { prefix: "/registry/services/endpoints", hash: "fWeeMqaN/OA=" },
  deprecated: { since: "1.33", use: "discovery.k8s.io/v1 EndpointSlice" },
  schema: s.struct("core/v1.Endpoints", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    subsets: s.list(2, EndpointSubset, {
      doc: "Addresses that have the same ports.",
      listType: "atomic",
    }),
  }),
  columns: [
    nameColumn,
    {
      name: "Endpoints",
      type: "string",
      doc: "Addresses and ports that are ready.",
      cell: ({ subsets }) => endpointsText(subsets ?? []),
    },
    ageColumn,
  ],
  createsOnUpdate: true,
  validateCreate: ({ subsets }): Iterable<FieldError> => validateEndpoints(subsets),
  validateUpdate: ({ subsets }, old): Iterable<FieldError> =>
    validateEndpoints(subsets, old.subsets),
  *warnings(): Iterable<string> {
    // exact: apiserver
    yield "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
  },
});

export interface Endpoints extends ObjectOf<typeof Endpoints> {}
