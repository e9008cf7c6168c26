import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { leanClient } from "./lean.ts";
import { testCluster } from "./testing.ts";

test("what is read is what names are made of; other kinds are whole", async () => {
  await using cluster = await testCluster();
  const { client } = cluster;
  const lean = leanClient(client);
  await client.create(Node, { metadata: { name: "here", annotations: { a: "b" } } });
  const { items: slices } = await lean.list(EndpointSlice);
  const slice = slices.find(({ metadata }) => metadata.name === "headless-1");
  deepEqual(slice?.metadata.labels, { "kubernetes.io/service-name": "headless" });
  equal(slice?.metadata.managedFields, undefined);
  deepEqual(slice?.endpoints[3], {
    addresses: ["10.4.0.103"],
    hostname: "sick",
    conditions: { ready: false },
  });
  const { items: services } = await lean.list(Service, { fieldSelector: "metadata.name=dual" });
  deepEqual(services[0]?.spec, {
    type: "ClusterIP",
    clusterIP: "10.3.0.3",
    clusterIPs: ["10.3.0.3", "fd00::3"],
    externalName: undefined,
    ports: [{ name: undefined, protocol: "TCP", port: 80, targetPort: 80 }],
  });
  equal((await lean.list(Node)).items[0]?.metadata.annotations?.["a"], "b");
});

test("so is what a watch brings", async () => {
  await using cluster = await testCluster();
  const stop = new AbortController();
  const watched = leanClient(cluster.client).watch(EndpointSlice, {
    signal: stop.signal,
    resourceVersion: "0",
  });
  for await (const [event] of watched) {
    if (event?.type === "BOOKMARK") continue;
    equal(event?.object.metadata.managedFields, undefined);
    break;
  }
  stop.abort();
});
