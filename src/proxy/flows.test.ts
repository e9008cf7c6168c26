import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { Flow } from "./backend.ts";
import { staleFlows, strayFlows } from "./flows.ts";
import type { Route } from "./service-rules.ts";

const nodeAddresses = ["192.168.1.10"];

const route = (to: readonly string[], more: Partial<Route> = {}): Route => ({
  protocol: "udp",
  port: 53,
  nodePort: undefined,
  addresses: ["10.96.0.10"],
  destinations: to.map((address) => ({ address, port: 8053 })),
  ...more,
});

const shown = (flows: readonly Flow[]): readonly string[] =>
  flows.map(
    ({ protocol, address = "*", port, answeredBy = "*" }) =>
      `${protocol} ${address}:${port} ${answeredBy}`,
  );

const stale = (before: readonly Route[], after: readonly Route[]): readonly string[] =>
  shown(staleFlows({ before, after }, nodeAddresses));

test("flows to an endpoint that left are forgotten, at every address of the service", () => {
  const more = { addresses: ["10.96.0.10", "198.51.100.1"], nodePort: 30053 };
  deepEqual(stale([route(["10.244.0.5", "10.244.0.6"], more)], [route(["10.244.0.6"], more)]), [
    "udp 10.96.0.10:53 10.244.0.5",
    "udp 198.51.100.1:53 10.244.0.5",
    "udp *:30053 10.244.0.5",
  ]);
});

test("so they are when the whole service is gone", () => {
  deepEqual(stale([route(["10.244.0.5"])], []), ["udp 10.96.0.10:53 10.244.0.5"]);
});

test("flows that began before anybody served them are forgotten", () => {
  const served = route(["10.244.0.5"], { nodePort: 30053 });
  const expected = ["udp 10.96.0.10:53 *", "udp 192.168.1.10:30053 *"];
  deepEqual(stale([], [served]), expected);
  deepEqual(stale([route([], { nodePort: 30053 })], [served]), expected);
});

test("an address that is new to the service is fresh, the others go on", () => {
  const more = route(["10.244.0.5"], { addresses: ["10.96.0.10", "198.51.100.1"] });
  deepEqual(stale([route(["10.244.0.5"])], [more]), ["udp 198.51.100.1:53 *"]);
});

test("connections of TCP end by themselves", () => {
  deepEqual(stale([route(["10.244.0.5"], { protocol: "tcp" })], []), []);
});

test("nothing changed, nothing is stale", () => {
  deepEqual(stale([route(["10.244.0.5"])], [route(["10.244.0.5"])]), []);
});

test("a new process finds strays: flows of a service to none of its endpoints", () => {
  const flow = (address: string, answeredBy: string, port = 53) =>
    ({ protocol: "udp", address, port, answeredBy }) as const;
  const known = [
    flow("10.96.0.10", "10.244.0.5"),
    flow("10.96.0.10", "10.244.0.9"),
    flow("10.96.0.10", "10.96.0.10"),
    flow("192.168.1.10", "10.244.0.9", 30053),
    flow("203.0.113.1", "203.0.113.1"),
  ];
  const routes = [route(["10.244.0.5"], { nodePort: 30053 })];
  deepEqual(shown(strayFlows(known, routes, nodeAddresses)), [
    "udp 10.96.0.10:53 10.244.0.9",
    "udp 10.96.0.10:53 10.96.0.10",
    "udp 192.168.1.10:30053 10.244.0.9",
  ]);
});
