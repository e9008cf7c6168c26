import { fullyQualifiedDomainName } from "#api/domain-rules.ts";
import { validIP, validPublicIP } from "#api/ip-rules.ts";
import { ipWarnings } from "#api/ip-warnings.ts";
import { ageColumn, firstThree, nameColumn } from "#api/columns.ts";
import { ObjectReference } from "#api/core/references.ts";
import { immutable } from "#api/field-rules.ts";
import { defineKind, type ObjectOf } from "#api/kind.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import {
  dnsLabel,
  dnsSubdomain,
  invalidEach,
  labelKey,
  labelValue,
  validateLabels,
} from "#api/names.ts";
import { parseIp } from "#base/ip.ts";
import { equal } from "#schema/copy.ts";
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  required,
  tooMany,
} from "#schema/field-error.ts";
import { s, typeMeta, type ValueOf } from "#schema/struct.ts";

const addressesMax = 100;
const portsMax = 20_000;
const endpointsMax = 1_000;
const hintsMax = 8;
const topologyLabelsMax = 16;

export const EndpointConditions = s.struct("discovery/v1.EndpointConditions", {
  ready: s.boolean(1, {
    optional: true,
    doc: "Whether it may get traffic; absent means yes. Never true while it is terminating.",
  }),
  serving: s.boolean(2, { optional: true, doc: "Like ready, but also while terminating." }),
  terminating: s.boolean(3, { optional: true, doc: "Whether it is going away." }),
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

export const EndpointHints = s.struct(
  "discovery/v1.EndpointHints",
  {
    forZones: s.list(1, ForZone, {
      listType: "atomic",
      doc: "Zones whose traffic it should get.",
    }),
    forNodes: s.list(2, ForNode, {
      listType: "atomic",
      doc: "Nodes whose traffic it should get.",
    }),
  },
  {
    *validate({ forZones = [], forNodes = [] }, at) {
      yield* validHints(child(at, "forZones"), forZones, labelValue);
      yield* validHints(child(at, "forNodes"), forNodes, dnsSubdomain);
    },
  },
);

export interface EndpointHints extends ValueOf<typeof EndpointHints> {}

function* validHints(
  path: string,
  hints: readonly { readonly name: string }[],
  rule: (name: string) => readonly string[],
): Iterable<FieldError> {
  if (hints.length > hintsMax) {
    yield tooMany(path, hints.length, hintsMax);
    return;
  }
  const seen = new Set<string>();
  for (const [at, { name }] of hints.entries()) {
    const here = child(index(path, at), "name");
    if (seen.has(name)) yield duplicate(here, name);
    seen.add(name);
    yield* invalidEach(here, name, rule(name));
  }
}

export const Endpoint = s.struct(
  "discovery/v1.Endpoint",
  {
    addresses: s.list(1, "string", {
      required: true,
      listType: "set",
      doc: "Addresses of the one endpoint; only the first is used.",
    }),
    conditions: s.object(2, EndpointConditions),
    hostname: s.string(3, { optional: true, doc: "Its own name within the service, for DNS." }),
    targetRef: s.object(4, ObjectReference, { optional: true, doc: "The pod behind it." }),
    deprecatedTopology: s.map(5, "string"),
    nodeName: s.string(6, { optional: true, doc: "The node it is on." }),
    zone: s.string(7, { optional: true, doc: "The zone it is in." }),
    hints: s.object(8, EndpointHints, { optional: true }),
  },
  {
    *validate({ addresses, nodeName, hostname, deprecatedTopology = {} }, at) {
      const path = child(at, "addresses");
      if (addresses.length === 0) yield required(path, "must contain at least 1 address");
      else if (addresses.length > addressesMax) {
        yield tooMany(path, addresses.length, addressesMax);
      }
      if (nodeName !== undefined) {
        yield* invalidEach(child(at, "nodeName"), nodeName, dnsSubdomain(nodeName));
      }
      const topologyPath = child(at, "deprecatedTopology");
      const labels = Object.keys(deprecatedTopology).length;
      if (labels > topologyLabelsMax) yield tooMany(topologyPath, labels, topologyLabelsMax);
      yield* validateLabels(deprecatedTopology, topologyPath);
      if (hostname !== undefined) {
        yield* invalidEach(child(at, "hostname"), hostname, dnsLabel(hostname));
      }
    },
  },
);

export interface Endpoint extends ValueOf<typeof Endpoint> {}

export const EndpointPort = s.struct(
  "discovery/v1.EndpointPort",
  {
    name: s.string(1, { optional: true, doc: "As the port of the service is called." }),
    protocol: s.oneOf(2, ["SCTP", "TCP", "UDP"], { optional: true }),
    port: s.int32(3, { optional: true }),
    appProtocol: s.string(4, { optional: true, doc: "What is spoken there: `https`, `h2c`…" }),
  },
  {
    atomic: true,
    defaults(draft) {
      draft.name ??= "";
      draft.protocol ??= "TCP";
    },
    *validate({ name, appProtocol }, at) {
      if (name) yield* invalidEach(child(at, "name"), name, dnsLabel(name));
      if (appProtocol !== undefined) {
        yield* invalidEach(child(at, "appProtocol"), appProtocol, labelKey(appProtocol));
      }
    },
  },
);

export interface EndpointPort extends ValueOf<typeof EndpointPort> {}

/** upstream: pkg/apis/discovery/validation/validation.go */
export const EndpointSlice = defineKind({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  scope: "Namespaced",
  doc: "A part of the endpoints of a service: where its traffic goes. A large service has several slices.",
  storage: { prefix: "/registry/endpointslices", hash: "qgS0xkrxYAI=" },
  hasGeneration: "labels",
  schema: s.struct("discovery/v1.EndpointSlice", {
    ...typeMeta,
    metadata: s.object(1, ObjectMeta),
    addressType: s.oneOf(4, ["FQDN", "IPv4", "IPv6"], {
      required: true,
      doc: "What the addresses are. It cannot be changed.",
    }),
    endpoints: s.list(2, Endpoint, { always: true, listType: "atomic" }),
    ports: s.list(3, EndpointPort, {
      always: true,
      listType: "atomic",
      doc: "The ports of every endpoint. None means none: the slice leads nowhere.",
    }),
  }),

  prepareForCreate: dropTopology,
  prepareForUpdate(draft, old) {
    const isKept = draft.endpoints.every(({ deprecatedTopology }, at) =>
      equal(deprecatedTopology, old.endpoints[at]?.deprecatedTopology),
    );
    if (!isKept) dropTopology(draft);
  },

  *validate({ addressType, endpoints, ports }) {
    if (endpoints.length > endpointsMax) {
      yield tooMany("endpoints", endpoints.length, endpointsMax);
    }
    for (const [at, { addresses }] of endpoints.entries()) {
      const path = child(index("endpoints", at), "addresses");
      for (const [i, address] of addresses.entries()) {
        yield* validAddress(index(path, i), addressType, address);
      }
    }
    yield* validPorts(ports);
  },

  *validateUpdate({ addressType }, old) {
    yield* immutable("addressType", addressType, old.addressType);
  },

  *warnings({ metadata, addressType, endpoints }) {
    if (addressType === "FQDN") yield "spec.addressType: FQDN endpoints are deprecated";
    if (!ownWriters.has(metadata.labels?.[managedByLabel] ?? "")) yield* addressWarnings(endpoints);
  },

  columns: [
    nameColumn,
    { name: "AddressType", type: "string", cell: ({ addressType }) => addressType },
    {
      name: "Ports",
      type: "string",
      cell: ({ ports }) => listed(ports.map(({ port, name }) => String(port ?? (name || "*")))),
    },
    {
      name: "Endpoints",
      type: "string",
      cell: ({ endpoints }) => listed(endpoints.flatMap(({ addresses }) => addresses)),
    },
    ageColumn,
  ],
});

export interface EndpointSlice extends ObjectOf<typeof EndpointSlice> {}

const managedByLabel = "endpointslice.kubernetes.io/managed-by";
/** What Kubernetes' own controllers write is as it should be, and much. */
const ownWriters: ReadonlySet<string> = new Set([
  "endpointslice-controller.k8s.io",
  "endpointslicemirroring-controller.k8s.io",
]);

/** upstream: pkg/registry/discovery/endpointslice/strategy.go#warnOnBadIPs */
function* addressWarnings(endpoints: readonly Endpoint[]): Iterable<string> {
  for (const [i, { addresses }] of endpoints.entries()) {
    const path = child(index("endpoints", i), "addresses");
    for (const [j, address] of addresses.entries()) yield* ipWarnings(index(path, j), address);
  }
}

const listed = (items: readonly string[]): string =>
  items.length === 0 ? "<unset>" : firstThree(items);

interface WithTopology {
  endpoints: { deprecatedTopology?: object | undefined }[];
}

/** Its writers are gone; it is only kept where it is stored already. */
function dropTopology(draft: WithTopology): void {
  for (const endpoint of draft.endpoints) delete endpoint.deprecatedTopology;
}

function* validAddress(path: string, type: string, address: string): Iterable<FieldError> {
  if (type === "FQDN") {
    yield* fullyQualifiedDomainName(path, address);
    return;
  }
  // Of what is unknown nothing is known.
  if (type !== "IPv4" && type !== "IPv6") return;
  const errors = [...validIP(path, address)];
  yield* errors;
  if (errors.length > 0) return;
  if (`IPv${parseIp(address)?.version}` !== type) {
    yield invalid(path, address, `must be an ${type} address`);
  }
  yield* validPublicIP(path, address);
}

function* validPorts(ports: readonly EndpointPort[]): Iterable<FieldError> {
  if (ports.length > portsMax) {
    yield tooMany("ports", ports.length, portsMax);
    return;
  }
  const seen = new Set<string>();
  for (const [at, { name = "" }] of ports.entries()) {
    if (seen.has(name)) yield duplicate(child(index("ports", at), "name"), name);
    seen.add(name);
  }
}
