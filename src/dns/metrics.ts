/** What CoreDNS counts, under the names that dashboards know. */
import { exponentialBuckets, type HistogramChild, type Metrics } from "#base/metrics.ts";
import { rcodes, types } from "./message.ts";

export type Transport = "udp" | "tcp";

/** Where an answer from outside came from. */
export type CacheUse = "success" | "denial" | "missed";

export interface DnsMetrics {
  readonly asked: (what: { type: number; transport: Transport; bytes: number }) => void;
  readonly answered: (what: {
    rcode: number;
    transport: Transport;
    bytes: number;
    seconds: number;
  }) => void;
  readonly cache: (use: CacheUse) => void;
  /** A mistake of ours kept a question from its answer. */
  readonly failed: () => void;
  /** A name server outside answered; `to` is where. */
  readonly forwarded: (to: string, rcode: number, seconds: number) => void;
  /** Too many questions were under way. */
  readonly refused: () => void;
}

export interface DnsMetricsOptions {
  readonly metrics: Metrics;
  /** As in `dns://:53`. */
  readonly server: string;
  readonly cacheSize: () => number;
}

/** All questions are asked of the root zone's block, as in a server that serves everything. */
const zone = ".";
const view = "";

const rcodeNames = new Map(Object.entries(rcodes).map(([name, n]) => [n as number, name]));
const rcodeText = (rcode: number): string => rcodeNames.get(rcode) ?? String(rcode);

/** Types that are counted by name, beside those that we answer about. */
const foreignTypes = { DS: 43, RRSIG: 46, NSEC: 47, DNSKEY: 48, NSEC3: 50, HTTPS: 65 };
const typeNames = new Map(
  Object.entries({ ...types, ...foreignTypes }).map(([name, number]) => [number, name]),
);

export function dnsMetrics(options: DnsMetricsOptions): DnsMetrics {
  return { ...ofQuestions(options), ...ofCache(options), ...ofForwarding(options.metrics) };
}

const durationBuckets = exponentialBuckets(0.00025, 2, 16);
const sizeBuckets = [
  0, 100, 200, 300, 400, 511, 1_023, 2_047, 4_095, 8_291, 16_000, 32_000, 48_000, 64_000,
];

function ofQuestions({
  metrics,
  server,
}: DnsMetricsOptions): Pick<DnsMetrics, "asked" | "answered" | "failed"> {
  const requests = metrics.counter(
    "coredns_dns_requests_total",
    "Counter of DNS requests made per zone, protocol and family.",
    ["server", "zone", "view", "proto", "family", "type"],
  );
  const responses = metrics.counter(
    "coredns_dns_responses_total",
    "Counter of response status codes.",
    ["server", "zone", "view", "rcode", "plugin"],
  );
  const duration = metrics
    .histogram(
      "coredns_dns_request_duration_seconds",
      "Histogram of the time (in seconds) each request took per zone.",
      ["server", "zone", "view"],
      durationBuckets,
    )
    .with(server, zone, view);
  const panics = metrics
    .counter("coredns_panics_total", "A metrics that counts the number of panics.")
    .with();
  const sizes = (name: string, help: string): Readonly<Record<Transport, HistogramChild>> => {
    const family = metrics.histogram(name, help, ["server", "zone", "view", "proto"], sizeBuckets);
    return {
      udp: family.with(server, zone, view, "udp"),
      tcp: family.with(server, zone, view, "tcp"),
    };
  };
  const requestSizes = sizes(
    "coredns_dns_request_size_bytes",
    "Size of the EDNS0 UDP buffer in bytes (64K for TCP) per zone and protocol.",
  );
  const responseSizes = sizes(
    "coredns_dns_response_size_bytes",
    "Size of the returned response in bytes.",
  );
  return {
    asked({ type, transport, bytes }) {
      const name = typeNames.get(type) ?? "other";
      requests.with(server, zone, view, transport, "1", name).inc();
      requestSizes[transport].observe(bytes);
    },
    answered({ rcode, transport, bytes, seconds }) {
      responses.with(server, zone, view, rcodeText(rcode), "").inc();
      responseSizes[transport].observe(bytes);
      duration.observe(seconds);
    },
    failed: () => panics.inc(),
  };
}

function ofCache({ metrics, server, cacheSize }: DnsMetricsOptions): Pick<DnsMetrics, "cache"> {
  const requests = metrics
    .counter("coredns_cache_requests_total", "The count of cache requests.", [
      "server",
      "zones",
      "view",
    ])
    .with(server, zone, view);
  const hits = metrics.counter("coredns_cache_hits_total", "The count of cache hits.", [
    "server",
    "type",
    "zones",
    "view",
  ]);
  const misses = metrics
    .counter("coredns_cache_misses_total", "The count of cache misses.", [
      "server",
      "zones",
      "view",
    ])
    .with(server, zone, view);
  const entries = { name: "coredns_cache_entries", help: "The number of elements in the cache." };
  metrics.observed(entries, () => [[[], cacheSize()]]);
  return {
    cache(use) {
      requests.inc();
      if (use === "missed") misses.inc();
      else hits.with(server, use, zone, view).inc();
    },
  };
}

function ofForwarding(metrics: Metrics): Pick<DnsMetrics, "forwarded" | "refused"> {
  const duration = metrics.histogram(
    "coredns_proxy_request_duration_seconds",
    "Histogram of the time each request took.",
    ["proxy_name", "to", "rcode"],
    durationBuckets,
  );
  const rejects = metrics
    .counter(
      "coredns_forward_max_concurrent_rejects_total",
      "Counter of the number of queries rejected because the concurrent queries were at maximum.",
    )
    .with();
  return {
    forwarded: (to, rcode, seconds) =>
      duration.with("forward", to, rcodeText(rcode)).observe(seconds),
    refused: () => rejects.inc(),
  };
}
