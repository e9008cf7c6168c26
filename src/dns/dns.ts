/**
 * The cluster's name server: says what the names of services and pods stand for, and asks the name
 * servers outside about all others. It runs as an ordinary pod.
 */
import { Namespace } from "#api/core/namespace.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { BindDatagrams } from "#base/datagram.ts";
import type { HttpHandler, HttpServer, HttpServerOptions } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import type { Random } from "#base/random.ts";
import { aborted } from "#base/signal.ts";
import type { Connect, Listen } from "#base/tcp.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { Answering } from "./answering.ts";
import { ClusterData } from "./cluster-data.ts";
import { Forwarder } from "./forwarder.ts";
import { leanClient } from "./lean.ts";
import { listenForQuestions } from "./listening.ts";
import { dnsMetrics } from "./metrics.ts";
import type { UpstreamAddress } from "./upstream.ts";
import { Zone } from "./zone.ts";

export interface DnsSockets {
  readonly bindDatagrams: BindDatagrams;
  readonly listen: Listen;
  readonly connect: Connect;
  readonly serveHttp: (options: HttpServerOptions) => Promise<HttpServer>;
}

export interface DnsPorts {
  readonly dns: number;
  /** `/health`: the process lives. */
  readonly health: number;
  /** `/ready`: it knows the cluster. */
  readonly ready: number;
  readonly metrics: number;
}

export const defaultPorts: DnsPorts = { dns: 53, health: 8080, ready: 8181, metrics: 9153 };

export interface DnsOptions {
  /** May list and watch services, endpoint slices and namespaces. */
  readonly client: Client;
  readonly sockets: DnsSockets;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** `cluster.local` when absent. */
  readonly zone?: string;
  /** Whom to ask about other names; see `upstreamsIn`. */
  readonly upstreams: readonly UpstreamAddress[];
  /** Where to listen; everywhere when absent. */
  readonly address?: string;
  readonly ports?: Partial<DnsPorts>;
  readonly ttlSeconds?: number;
  /** How long to go on answering after it was told to stop; five seconds when absent. */
  readonly lameDuckMs?: number;
}

export interface Dns {
  /** Until `signal` aborts, and a little longer: whoever still has our address is answered. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export const createDns = (options: DnsOptions): Dns => ({ run: (signal) => run(options, signal) });

async function run(options: DnsOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, random, log, sockets, upstreams } = options;
  const { metrics = new Metrics(), address = "0.0.0.0", zone = "cluster.local" } = options;
  const { ttlSeconds = 5, lameDuckMs = seconds(5) } = options;
  const ports = { ...defaultPorts, ...options.ports };
  const stop = new AbortController();
  await using informers = new InformerSet(
    { client: leanClient(client), clock, random, log },
    stop.signal,
  );
  using data = new ClusterData({
    services: informers.of(Service),
    slices: informers.of(EndpointSlice),
    namespaces: informers.of(Namespace),
  });
  const counts = dnsMetrics({
    metrics,
    server: `dns://:${ports.dns}`,
    cacheSize: () => forwarder.cacheSize,
  });
  const forwarder = new Forwarder({ ...sockets, upstreams, clock, random, log, metrics: counts });
  const answering = new Answering({
    zone: new Zone({ data, zone: zone.toLowerCase(), ttlSeconds, random }),
    forwarder,
    metrics: counts,
    clock,
    log,
  });
  await using opened = new AsyncDisposableStack();
  const pages = pagesOf({ data, metrics, isLeaving: () => signal.aborted });
  for (const name of ["health", "ready", "metrics"] as const) {
    const server = { address, port: ports[name], handler: pages[name] };
    opened.use(await sockets.serveHttp(server));
  }
  const listening = { ...sockets, address, port: ports.dns, answering, clock, log };
  opened.use(await listenForQuestions(listening));
  log.info("name server is listening", {
    address,
    port: ports.dns,
    zone,
    upstreams: upstreams.length,
  });
  await Promise.all([forwarder.findLoops(), leave(signal, { clock, lameDuckMs })]);
  stop.abort();
}

/** Resolves a while after `signal` aborted. */
async function leave(
  signal: AbortSignal,
  { clock, lameDuckMs }: { readonly clock: Clock; readonly lameDuckMs: number },
): Promise<void> {
  await aborted(signal);
  await sleep(clock, lameDuckMs, new AbortController().signal);
}

interface PageOptions {
  readonly data: ClusterData;
  readonly metrics: Metrics;
  readonly isLeaving: () => boolean;
}

const pagesOf = ({ data, metrics, isLeaving }: PageOptions) => {
  const page =
    (path: string, text: () => Promise<string | undefined>, type = "text/plain"): HttpHandler =>
    async ({ target }) => {
      if (target.split("?")[0] !== path) return { status: 404, headers: {} };
      const body = await text();
      const headers = { "content-type": type };
      return { status: body === undefined ? 503 : 200, headers, body: encoder.encode(body) };
    };
  return {
    health: page("/health", async () => "OK"),
    ready: page("/ready", async () => (data.isReady && !isLeaving() ? "OK" : undefined)),
    metrics: page("/metrics", () => metrics.text(), metrics.contentType),
  };
};

const encoder = new TextEncoder();
