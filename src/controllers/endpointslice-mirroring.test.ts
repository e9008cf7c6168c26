import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Endpoints } from "#api/core/endpoints.ts";
import { Event } from "#api/core/event.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { seconds } from "#base/clock.ts";
import { startTestCluster, type TestCluster } from "./testing.ts";

const namespace = "default";
const at = { namespace, name: "db" };

const service = { metadata: at, spec: { ports: [{ port: 5432 }] } };

const written = (subsets: readonly object[], metadata: object = {}) => ({
  metadata: { ...at, labels: { tier: "data" }, ...metadata },
  subsets,
});

const address = (ip: string, more: object = {}) => ({ ip, ...more });
const ports = [{ name: "sql", port: 5432 }];

const slices = async ({ client }: TestCluster): Promise<readonly EndpointSlice[]> =>
  (await client.list(EndpointSlice, { namespace, labelSelector: "kubernetes.io/service-name=db" }))
    .items;

const shown = async (cluster: TestCluster): Promise<readonly string[]> =>
  (await slices(cluster))
    .map(({ addressType, endpoints }) => {
      const each = endpoints.map(
        ({ addresses, conditions }) => `${addresses.join()} ${conditions?.ready}`,
      );
      return `${addressType}: ${each.join(", ")}`;
    })
    .toSorted();

test("Endpoints of a service without a selector become slices, and follow them", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  await client.create(Service, service);
  const notReadyAddresses = [address("192.0.2.3")];
  const addresses = [address("192.0.2.1", { hostname: "first" }), address("2001:db8::1")];
  const note = { note: "by hand", "endpoints.kubernetes.io/last-change-trigger-time": "x" };
  await client.create(
    Endpoints,
    written([{ addresses, notReadyAddresses, ports }], { annotations: note }),
  );
  await cluster.advance(seconds(2));
  deepEqual(await shown(cluster), [
    "IPv4: 192.0.2.1 true, 192.0.2.3 false",
    "IPv6: 2001:db8::1 true",
  ]);
  const [first] = await slices(cluster);
  deepEqual(
    [first?.metadata.labels, first?.metadata.annotations, first?.ports],
    [
      {
        tier: "data",
        "kubernetes.io/service-name": "db",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
      },
      { note: "by hand" },
      [{ name: "sql", port: 5432, protocol: "TCP" }],
    ],
  );
  await client.patch(Endpoints, at, {
    is: "merge",
    change: { subsets: [{ addresses: [address("192.0.2.9")], ports }] },
  });
  await cluster.advance(seconds(2));
  deepEqual(await shown(cluster), ["IPv4: 192.0.2.9 true"]);
  await client.delete(Endpoints, at);
  await cluster.advance(seconds(2));
  deepEqual(await shown(cluster), []);
  deepEqual(cluster.complaints, []);
});

const warnings = async ({ client }: TestCluster): Promise<readonly string[]> =>
  (await client.list(Event, { namespace })).items
    .filter(({ type }) => type === "Warning")
    .map(({ reason, message }) => `${reason}: ${message}`);

const unmirrored: readonly [string, object, object][] = [
  ["that say so", {}, { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } }],
  ["that are a lock", {}, { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } }],
  ["of a service with a selector", { selector: { app: "db" } }, {}],
];

for (const [name, spec, metadata] of unmirrored) {
  test(`Endpoints ${name} are left alone`, async () => {
    await using cluster = await startTestCluster();
    await cluster.client.create(
      Endpoints,
      written([{ addresses: [address("192.0.2.1")], ports }], metadata),
    );
    await cluster.client.create(Service, { metadata: at, spec: { ...service.spec, ...spec } });
    await cluster.advance(seconds(2));
    const mirrored = (await slices(cluster)).filter(
      ({ metadata: { labels } }) =>
        labels?.["endpointslice.kubernetes.io/managed-by"] ===
        "endpointslicemirroring-controller.k8s.io",
    );
    deepEqual(mirrored, []);
  });
}

test("A subset is one slice of 1,000, what is left out is told, and what somebody breaks is mended", async () => {
  await using cluster = await startTestCluster();
  const addresses = Array.from({ length: 1_250 }, (_, i) => address(`10.0.${i >> 7}.${i & 127}`));
  await cluster.client.create(Service, service);
  await cluster.client.create(Endpoints, written([{ addresses, ports }]));
  await cluster.advance(seconds(2));
  const sizes = async () => (await slices(cluster)).map(({ endpoints }) => endpoints.length);
  deepEqual(await sizes(), [1_000]);
  deepEqual(await warnings(cluster), [
    "TooManyAddressesToMirror: A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 250 addresses were skipped",
  ]);
  const [broken] = await slices(cluster);
  await cluster.client.delete(EndpointSlice, { namespace, name: broken?.metadata.name ?? "" });
  await cluster.advance(seconds(2));
  deepEqual(await sizes(), [1_000]);
  await cluster.restart();
  await cluster.advance(seconds(2));
  deepEqual(await sizes(), [1_000]);
});

test("Endpoints without addresses have no slices, and lose those that they had", async () => {
  await using cluster = await startTestCluster();
  const { client } = cluster;
  await client.create(Service, service);
  await client.create(Endpoints, written([]));
  await cluster.advance(seconds(2));
  deepEqual(await shown(cluster), []);
  const change = { subsets: [{ addresses: [address("192.0.2.9")], ports }] };
  await client.patch(Endpoints, at, { is: "merge", change });
  await cluster.advance(seconds(2));
  deepEqual(await shown(cluster), ["IPv4: 192.0.2.9 true"]);
  await client.patch(Endpoints, at, { is: "merge", change: { subsets: [] } });
  await cluster.advance(seconds(2));
  deepEqual(await shown(cluster), []);
});
