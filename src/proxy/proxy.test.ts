import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { seconds, sleep } from "#base/clock.ts";
import type { HttpHandler, HttpResponse } from "#base/http.ts";
import { silent } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { seededRandom } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { admin, startTestApi, type TestApi } from "#client/testing.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { drain } from "#sim/clock.ts";
import type { Flow } from "./backend.ts";
import { type MemoryBackend, memoryBackend } from "./backends/memory.ts";
import { createProxy, type Proxy } from "./proxy.ts";
import { type EndpointText, podCidr, service, slice, type SliceText } from "./testing.ts";

interface Bench {
  readonly api: TestApi;
  readonly client: Client;
  readonly backend: MemoryBackend;
  readonly proxy: Proxy;
  /** Flows that were forgotten. */
  readonly forgotten: Flow[];
  /** Open health check ports. */
  readonly ports: Map<number, HttpHandler>;
  readonly settings: string[];
  readonly serve: (
    endpoints: readonly (string | EndpointText)[],
    text?: SliceText,
  ) => Promise<void>;
}

async function bench(run: (bench: Bench) => Promise<void>): Promise<void> {
  await using api = await startTestApi();
  const client = createClient(inProcess(api.handle, admin));
  const backend = memoryBackend({ random: seededRandom(1), nodeAddresses: ["192.168.1.10"] });
  const forgotten: Flow[] = [];
  const ports = new Map<number, HttpHandler>();
  const settings: string[] = [];
  const proxy = createProxy({
    client,
    nodeName: "here",
    clock: api.clock,
    random: seededRandom(1),
    log: silent,
    metrics: new Metrics(),
    backend,
    podCidrs: [podCidr],
    flows: {
      forget: async (flows) => forgotten.push(...flows),
      list: async () => [],
    },
    kernel: {
      set: async (name, value) => {
        settings.push(`${name}=${value}`);
        return true;
      },
    },
    serveHttp: async ({ port, handler }) => {
      ports.set(port, handler);
      const close = async (): Promise<void> => void ports.delete(port);
      return { port, reloadTls: () => {}, [Symbol.asyncDispose]: close };
    },
  });
  const serve: Bench["serve"] = async (endpoints, text) => {
    const wanted = slice(endpoints, text);
    const { namespace, name = "" } = wanted.metadata;
    const { items } = await client.list(EndpointSlice, { namespace: namespace ?? "" });
    const old = items.find(({ metadata }) => metadata.name === name);
    if (!old) await client.create(EndpointSlice, wanted);
    else await client.update(EndpointSlice, { ...wanted, metadata: old.metadata });
    await drain();
  };
  await client.create(Service, service());
  const stop = new AbortController();
  const running = proxy.run(stop.signal);
  await api.clock.advance(seconds(1));
  try {
    await run({ api, client, backend, proxy, forgotten, ports, settings, serve });
  } finally {
    stop.abort();
    await running;
    equal(ports.size, 0);
  }
}

const ask = (backend: MemoryBackend, to = "10.96.0.10"): string => {
  const fate = backend.send({
    from: "10.244.0.20",
    to,
    protocol: "tcp",
    port: 80,
    isForeign: true,
  });
  return fate.is === "delivered" ? fate.to : fate.is;
};

test("what the API says about services is in force soon after", () =>
  bench(async ({ api, backend, client, serve, settings }) => {
    equal(ask(backend), "rejected");
    await serve(["10.244.0.5"]);
    equal(ask(backend), "10.244.0.5");
    await client.delete(Service, { namespace: "default", name: "web" });
    await api.clock.advance(50);
    equal(ask(backend), "10.96.0.10");
    deepEqual(settings, [
      "net.ipv4.ip_forward=1",
      "net.ipv4.conf.all.route_localnet=1",
      "net.bridge.bridge-nf-call-iptables=1",
    ]);
  }));

test("the first change after a rest is carried out at once, many that follow together", () =>
  bench(async ({ api, backend, serve }) => {
    const before = backend.applied();
    await serve(["10.244.0.5"]);
    equal(backend.applied(), before + 1);
    for (let i = 6; i < 20; i++) await serve([`10.244.0.${i}`]);
    equal(backend.applied(), before + 1);
    await api.clock.advance(50);
    equal(backend.applied(), before + 2);
    equal(ask(backend), "10.244.0.19");
  }));

test("a new process changes nothing where nothing changed, however slow the kernel is", () =>
  bench(async ({ api, backend, client, serve }) => {
    await serve(["10.244.0.5"]);
    await api.clock.advance(seconds(1));
    const before = backend.applied();
    const stop = new AbortController();
    const flows = { forget: async () => 0, list: async () => [] };
    const next = createProxy({
      client,
      backend,
      flows,
      nodeName: "here",
      podCidrs: [podCidr],
      clock: api.clock,
      random: seededRandom(2),
      log: silent,
      kernel: {
        set: async () => {
          await sleep(api.clock, seconds(1), stop.signal);
          return true;
        },
      },
      serveHttp: async () => {
        throw new Error("no ports in this test");
      },
    });
    const running = next.run(stop.signal);
    await api.clock.advance(seconds(10));
    stop.abort();
    await running;
    equal(backend.applied(), before);
    equal(ask(backend), "10.244.0.5");
  }));

test("a refused change is tried again, from what is there then", () =>
  bench(async ({ api, backend, proxy, serve }) => {
    backend.refuse(1);
    await serve(["10.244.0.5"]);
    equal(ask(backend), "rejected");
    await api.clock.advance(seconds(1));
    equal(ask(backend), "10.244.0.5");
    match(await textOf(proxy, "/metrics"), /nftables_sync_failures_total 1\n/);
  }));

test("rules that somebody flushed come back", () =>
  bench(async ({ api, backend, serve }) => {
    await serve(["10.244.0.5"]);
    backend.flush();
    equal(ask(backend), "10.96.0.10");
    await api.clock.advance(seconds(31));
    equal(ask(backend), "10.244.0.5");
  }));

test("flows of UDP are forgotten after the rules changed", () =>
  bench(async ({ api, client, forgotten, serve }) => {
    const ports = [{ port: 53, protocol: "UDP" }];
    const spec = { clusterIP: "10.96.0.53", ports };
    await client.create(Service, service({ name: "dns", spec }));
    const text = { of: "dns", ports: [{ port: 8053, protocol: "UDP" as const }] };
    await serve(["10.244.0.5", "10.244.0.6"], text);
    await api.clock.advance(seconds(1));
    forgotten.length = 0;
    await serve(["10.244.0.6"], text);
    deepEqual(forgotten, [
      { protocol: "udp", port: 53, address: "10.96.0.53", answeredBy: "10.244.0.5" },
    ]);
  }));

test("load balancers that ask hear whether this node has endpoints", () =>
  bench(async ({ api, client, ports, serve }) => {
    const spec = {
      clusterIP: "10.96.0.77",
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 31_000,
      ports: [{ port: 80, nodePort: 30_777 }],
    };
    await client.create(Service, service({ name: "lb", spec }));
    await serve(["10.244.0.5", { at: "10.244.1.5", nodeName: "elsewhere" }], { of: "lb" });
    await api.clock.advance(seconds(1));
    const check = async (): Promise<HttpResponse | undefined> =>
      ports.get(31_000)?.({ target: "/" } as Parameters<HttpHandler>[0]);
    const answer = await check();
    equal(answer?.status, 200);
    deepEqual(JSON.parse(new TextDecoder().decode(answer?.body as Uint8Array)), {
      service: { namespace: "default", name: "lb" },
      localEndpoints: 1,
      serviceProxyHealthy: true,
    });
    await serve([{ at: "10.244.1.5", nodeName: "elsewhere" }], { of: "lb" });
    await api.clock.advance(seconds(1));
    equal((await check())?.status, 503);
    await client.delete(Service, { namespace: "default", name: "lb" });
    await api.clock.advance(seconds(1));
    equal(ports.size, 0);
  }));

test("the zone of the node decides which endpoints are near", () =>
  bench(async ({ api, backend, client, serve }) => {
    const near = (zone: string): object => ({ hints: { forZones: [{ name: zone }] } });
    await serve([
      { at: "10.244.0.5", ...near("a") },
      { at: "10.244.0.6", ...near("b") },
    ]);
    const labels = { "topology.kubernetes.io/zone": "b" };
    await client.create(Node, { metadata: { name: "here", labels } });
    await api.clock.advance(seconds(1));
    deepEqual(
      Array.from({ length: 9 }, () => ask(backend)),
      Array.from({ length: 9 }, () => "10.244.0.6"),
    );
  }));

test("a node that is about to go is not eligible, though its proxy is well", () =>
  bench(async ({ api, client, proxy }) => {
    const statusOf = async (page: string): Promise<number | undefined> =>
      (await proxy.http({ target: page } as Parameters<HttpHandler>[0]))?.status;
    deepEqual(
      [await statusOf("/healthz"), await statusOf("/livez"), await statusOf("/x")],
      [200, 200, 404],
    );
    const taints = [{ key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" as const }];
    await client.create(Node, { metadata: { name: "here" }, spec: { taints } });
    await api.clock.advance(seconds(1));
    deepEqual([await statusOf("/healthz"), await statusOf("/livez")], [503, 200]);
  }));

test("a proxy that cannot carry out what it is told for a minute is not healthy", () =>
  bench(async ({ api, backend, proxy, serve }) => {
    backend.refuse(Infinity);
    await serve(["10.244.0.5"]);
    await api.clock.advance(seconds(59));
    const healthy = await proxy.http({ target: "/healthz" } as Parameters<HttpHandler>[0]);
    await api.clock.advance(seconds(2));
    const ill = await proxy.http({ target: "/healthz" } as Parameters<HttpHandler>[0]);
    deepEqual([healthy?.status, ill?.status], [200, 503]);
  }));

async function textOf(proxy: Proxy, target: string): Promise<string> {
  const answer = await proxy.http({ target } as Parameters<HttpHandler>[0]);
  return new TextDecoder().decode(answer?.body as Uint8Array);
}
