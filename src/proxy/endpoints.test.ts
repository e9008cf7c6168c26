import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { ServicePort } from "#api/core/service.ts";
import { choose, endpointsOf } from "./endpoints.ts";
import { type EndpointText, facts, slice } from "./testing.ts";

const port: ServicePort = { port: 80, targetPort: 8080 };

const chosen = (endpoints: readonly (string | EndpointText)[], zone?: string): object => {
  const place = { ...facts, zone };
  const { cluster, local, hasAny } = choose(endpointsOf([slice(endpoints)], port, place), place);
  const show = (some: typeof cluster): string =>
    some.map(({ address, port: number }) => `${address.split(".").at(-1)}:${number}`).join(" ");
  return { cluster: show(cluster), local: show(local), hasAny };
};

const leaving = { ready: false, serving: true, terminating: true };
const unready = { ready: false, serving: false };
const there = "elsewhere";
const zones = (...names: string[]): object => ({ forZones: names.map((name) => ({ name })) });
const nodes = (...names: string[]): object => ({ forNodes: names.map((name) => ({ name })) });

const cases: Readonly<Record<string, [readonly (string | EndpointText)[], object, zone?: string]>> =
  {
    "ready endpoints, those of this node for local traffic": [
      ["10.0.0.2", { at: "10.0.0.1", nodeName: there }],
      { cluster: "1:8080 2:8080", local: "2:8080", hasAny: true },
    ],
    "an endpoint without conditions is ready": [
      [{ at: "10.0.0.1", conditions: {} }],
      { cluster: "1:8080", local: "1:8080", hasAny: true },
    ],
    "neither unready ones nor those on their way out, while there are others": [
      [
        "10.0.0.1",
        { at: "10.0.0.2", conditions: unready },
        { at: "10.0.0.3", conditions: leaving },
      ],
      { cluster: "1:8080", local: "1:8080", hasAny: true },
    ],
    "those on their way out that still answer, when none is ready": [
      [
        { at: "10.0.0.2", conditions: unready },
        { at: "10.0.0.3", conditions: leaving },
      ],
      { cluster: "3:8080", local: "3:8080", hasAny: true },
    ],
    "a local one on its way out, when the ready ones are elsewhere": [
      [
        { at: "10.0.0.1", nodeName: there },
        { at: "10.0.0.3", conditions: leaving },
      ],
      { cluster: "1:8080", local: "3:8080", hasAny: true },
    ],
    nothing: [[{ at: "10.0.0.2", conditions: unready }], { cluster: "", local: "", hasAny: false }],
    "those meant for our zone": [
      [
        { at: "10.0.0.1", hints: zones("a") },
        { at: "10.0.0.2", hints: zones("b") },
      ],
      { cluster: "2:8080", local: "1:8080 2:8080", hasAny: true },
      "b",
    ],
    "all, when one has no hint": [
      [{ at: "10.0.0.1", hints: zones("a") }, "10.0.0.2"],
      { cluster: "1:8080 2:8080", local: "1:8080 2:8080", hasAny: true },
      "a",
    ],
    "all, when none is meant for our zone": [
      [{ at: "10.0.0.1", hints: zones("a") }],
      { cluster: "1:8080", local: "1:8080", hasAny: true },
      "b",
    ],
    "those meant for our node before those meant for our zone": [
      [
        { at: "10.0.0.1", hints: { ...zones("a"), ...nodes("here") } },
        { at: "10.0.0.2", hints: { ...zones("a"), ...nodes(there) } },
      ],
      { cluster: "1:8080", local: "1:8080 2:8080", hasAny: true },
      "a",
    ],
  };

for (const [name, [endpoints, expected, zone]] of Object.entries(cases)) {
  test(`traffic goes to ${name}`, () => deepEqual(chosen(endpoints, zone), expected));
}

test("an endpoint that moves between slices is one endpoint, and ready when either says so", () => {
  const old = slice([{ at: "10.0.0.1", conditions: unready }]);
  const now = slice(["10.0.0.1"]);
  for (const slices of [
    [old, now],
    [now, old],
  ]) {
    const found = endpointsOf(slices, port, facts);
    deepEqual(
      found.map(({ address, isReady }) => `${address} ${isReady}`),
      ["10.0.0.1 true"],
    );
  }
});

test("a port is found by its name and protocol", () => {
  const ports = [
    { name: "dns", port: 53, protocol: "UDP" as const },
    { name: "dns-tcp", port: 5353 },
  ];
  const of = (name: string, protocol: "TCP" | "UDP"): readonly number[] =>
    endpointsOf(
      [slice(["10.0.0.1"], { ports })],
      { name, protocol, port: 53, targetPort: 53 },
      facts,
    ).map((endpoint) => endpoint.port);
  deepEqual([of("dns", "UDP"), of("dns-tcp", "TCP"), of("dns", "TCP")], [[53], [5353], []]);
});
