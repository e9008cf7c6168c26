import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, objectFrom, problemsOf } from "#api/testing.ts";
import { EndpointSlice } from "./endpointslice.ts";

const slice = (change: object = {}) => ({
  metadata: { name: "web-1" },
  addressType: "IPv4",
  endpoints: [{ addresses: ["10.0.0.1"] }],
  ports: [{ port: 80 }],
  ...change,
});
const withEndpoint = (endpoint: object) =>
  slice({ endpoints: [{ addresses: ["10.0.0.1"], ...endpoint }] });

test("ports have defaults", () => {
  deepEqual(draftFrom(EndpointSlice, slice()).ports, [{ name: "", protocol: "TCP", port: 80 }]);
});

test("a slice says what is wrong with it", () => {
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [slice()],
    [slice({ endpoints: [], ports: [] })],
    [slice({ addressType: "FQDN", endpoints: [{ addresses: ["a.example.com"] }] })],
    [
      slice({ addressType: "IPX" }),
      'addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"',
    ],
    [
      slice({ addressType: "IPv6" }),
      'endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address',
    ],
    [
      withEndpoint({ addresses: [] }),
      "endpoints[0].addresses: Required value: must contain at least 1 address",
    ],
    [
      withEndpoint({ addresses: ["127.0.0.1", "x"] }),
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[0].addresses[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      withEndpoint({ hostname: "a.b" }),
      'endpoints[0].hostname: Invalid value: "a.b": must not contain dots',
    ],
    [
      withEndpoint({ hints: { forZones: [{ name: "a" }, { name: "a" }] } }),
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
    ],
    [
      withEndpoint({ hints: { forNodes: Array.from({ length: 9 }, () => ({ name: "a" })) } }),
      "endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items",
    ],
    [slice({ ports: [{}, {}] }), 'ports[1].name: Duplicate value: ""'],
    [
      slice({ addressType: "FQDN", endpoints: [{ addresses: ["local"] }] }),
      'endpoints[0].addresses[0]: Invalid value: "local": should be a domain with at least two segments separated by dots',
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(EndpointSlice, manifest), problems);
  }
});

test("the type of the addresses stays", () => {
  const to = slice({ addressType: "FQDN", endpoints: [] });
  deepEqual(changeProblems(EndpointSlice, { from: slice({ endpoints: [] }), to }), [
    'addressType: Invalid value: "FQDN": field is immutable',
  ]);
});

test("the old topology is dropped, where it is not there already", () => {
  const old = withEndpoint({ deprecatedTopology: { a: "b" } });
  equal(objectFrom(EndpointSlice, old).endpoints[0]?.deprecatedTopology, undefined);
  const kept = draftFrom(EndpointSlice, old);
  EndpointSlice.prepareForUpdate?.(kept, draftFrom(EndpointSlice, old));
  deepEqual(kept.endpoints[0]?.deprecatedTopology, { a: "b" });
});

test("columns list ports and addresses", () => {
  const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
  const endpoints = addresses.map((address) => ({ addresses: [address] }));
  const row = cellsOf(EndpointSlice, slice({ endpoints, ports: [{ port: 80 }, { name: "b" }] }));
  deepEqual(row, {
    Name: "web-1",
    AddressType: "IPv4",
    Ports: "80,b",
    Endpoints: "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...",
    Age: "<unknown>",
  });
  equal(cellsOf(EndpointSlice, slice({ endpoints: [], ports: [] }))["Ports"], "<unset>");
});

test("domain names are warned of", () => {
  const named = objectFrom(EndpointSlice, slice({ addressType: "FQDN", endpoints: [] }));
  deepEqual(
    [...(EndpointSlice.warnings?.(named) ?? [])],
    ["spec.addressType: FQDN endpoints are deprecated"],
  );
});

test("addresses that are not written as they should be are told, unless Kubernetes itself wrote them", () => {
  const endpoints = [{ addresses: ["2001:db8::1"] }, { addresses: ["2001:db8:0:0::2"] }];
  const made = objectFrom(EndpointSlice, slice({ addressType: "IPv6", endpoints }));
  deepEqual(
    [...(EndpointSlice.warnings?.(made) ?? [])],
    [
      'endpoints[1].addresses[0]: IPv6 address "2001:db8:0:0::2" should be in RFC 5952 canonical format ("2001:db8::2")',
    ],
  );
  const labels = { "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" };
  const own = { ...made, metadata: { ...made.metadata, labels } };
  deepEqual([...(EndpointSlice.warnings?.(own) ?? [])], []);
});
