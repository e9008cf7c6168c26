/**
 * The service proxy of one node: what the API says about services and their endpoints, as rules in
 * the kernel. It decides nothing per packet, and may die at any moment: the rules stay.
 */
import { Node } from "#api/core/node.ts";
import { Service } from "#api/core/service.ts";
import { EndpointSlice } from "#api/discovery/endpointslice.ts";
import { backoffDelay } from "#base/backoff.ts";
import { type Clock, seconds, sleep } from "#base/clock.ts";
import type { HttpHandler } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import type { Random } from "#base/random.ts";
import { Bell } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { aborted } from "#base/signal.ts";
import type { FlowTable, KernelSettings, RuleBackend } from "./backend.ts";
import { FlowCleaner } from "./flow-cleaner.ts";
import { HealthChecks, type ServeHttp } from "./health-checks.ts";
import { healthHandler } from "./health.ts";
import { proxyMetrics } from "./metrics.ts";
import { ServiceTable } from "./service-table.ts";
import { Table } from "./table.ts";

export interface ProxyOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly backend: RuleBackend;
  readonly flows: FlowTable;
  readonly kernel: KernelSettings;
  readonly serveHttp: ServeHttp;
  /** Of all pods of the cluster. */
  readonly podCidrs: readonly string[];
  /** Where node ports are open; on every address of the machine when absent. */
  readonly nodePortAddresses?: readonly string[];
}

export interface Proxy {
  /** `/healthz`, `/livez` and `/metrics`, as kube-proxy has them. */
  readonly http: HttpHandler;
  /** Until `signal` aborts. The rules stay in force. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Changes that come closer together than this are carried out together. */
const pauseMs = 50;
/** How often to look whether somebody else changed our table. */
const checkMs = seconds(30);
const retry = { firstMs: seconds(1), maxMs: seconds(30) };

/** Slices of headless services, and services that somebody else serves, are not for us. */
const serviceSelection = { labelSelector: "!service.kubernetes.io/service-proxy-name" };
const sliceSelection = {
  labelSelector: "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name",
};

export function createProxy(options: ProxyOptions): Proxy {
  const loop = new ProxyLoop(options);
  return { http: loop.http, run: (signal) => loop.run(signal) };
}

class ProxyLoop {
  readonly http: HttpHandler;
  readonly #options: ProxyOptions;
  readonly #metrics: ReturnType<typeof proxyMetrics>;
  readonly #services: ServiceTable;
  readonly #table: Table;
  readonly #cleaner: FlowCleaner;
  readonly #checks: HealthChecks;
  readonly #bell = new Bell();
  #failures = 0;
  /** Since when there is something that is not carried out yet. */
  #behindSinceMs: number | undefined;
  #syncedMs: number;

  constructor(options: ProxyOptions) {
    const { backend, flows, serveHttp, log, clock, metrics = new Metrics() } = options;
    this.#options = options;
    this.#metrics = proxyMetrics(metrics);
    this.#syncedMs = clock.now();
    const isHealthy = (): boolean => this.#isHealthy();
    this.#checks = new HealthChecks({ serveHttp, isHealthy, log });
    this.#services = new ServiceTable({ ...options, checks: this.#checks });
    this.#table = new Table({ backend, desired: this.#services.desired, log });
    this.#cleaner = new FlowCleaner({
      flows,
      services: this.#services,
      log,
      forgotten: this.#metrics.forgottenFlows,
    });
    this.http = healthHandler({
      clock,
      metrics,
      isHealthy,
      syncedMs: () => this.#syncedMs,
      node: () => this.#services.node,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, clock, random, log, nodeName } = this.#options;
    await using informers = new InformerSet({ client, clock, random, log }, signal);
    await using _checks = this.#checks;
    const services = informers.of(Service, serviceSelection);
    const slices = informers.of(EndpointSlice, sliceSelection);
    const nodes = informers.of(Node, { fieldSelector: `metadata.name=${nodeName}` });
    // Before anything is waited for: what comes with the first list is told once.
    this.#services.follow({ services, slices, nodes });
    services.onChange(() => this.#changed(this.#metrics.serviceChanges));
    slices.onChange(() => this.#changed(this.#metrics.endpointChanges));
    nodes.onChange(() => this.#bell.ring());
    await this.#prepareKernel();
    await Promise.race([informers.synced(), aborted(signal)]);
    while (!signal.aborted) await this.#turn(signal);
  }

  /** Forwarding, and answers that come back the way the question went. */
  async #prepareKernel(): Promise<void> {
    const { kernel, log } = this.#options;
    for (const name of ["net.ipv4.ip_forward", "net.ipv4.conf.all.route_localnet"]) {
      if (!(await kernel.set(name, "1"))) log.warn("the kernel has no such setting", { name });
    }
    this.#services.sharesBridge = !(await kernel.set("net.bridge.bridge-nf-call-iptables", "1"));
  }

  #changed(counter: { readonly inc: () => void }): void {
    const { clock } = this.#options;
    counter.inc();
    this.#metrics.lastQueued.set(clock.now() / 1_000);
    this.#behindSinceMs ??= clock.monotonic();
    this.#bell.ring();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    try {
      this.#services.update();
      if (this.#table.isBehind) await this.#sync();
      this.#failures = 0;
      this.#behindSinceMs = this.#services.isChanged ? clock.monotonic() : undefined;
    } catch (cause) {
      this.#failures++;
      this.#metrics.failures.inc();
      log.error("rules could not be changed", { cause: String(cause) });
    }
    if (this.#failures > 0) return sleep(clock, backoffDelay(retry, this.#failures), signal);
    await sleep(clock, pauseMs, signal);
    if (!this.#services.isChanged && !this.#table.isBehind) await this.#rest(signal);
  }

  async #sync(): Promise<void> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    await this.#table.bring();
    await this.#cleaner.clean();
    this.#syncedMs = clock.now();
    this.#metrics.syncSeconds.observe((clock.monotonic() - started) / 1_000);
    this.#metrics.lastSync.set(this.#syncedMs / 1_000);
    for (const atMs of this.#services.takeTriggers()) {
      this.#metrics.programmingSeconds.observe((this.#syncedMs - atMs) / 1_000);
    }
  }

  /** Until something changes; looks at the table now and then. */
  async #rest(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const heard = this.#bell.heard(either).then(() => true);
    const isChanged = await Promise.race([
      heard,
      sleep(this.#options.clock, checkMs, either).then(() => false),
    ]);
    stop.abort();
    if (!isChanged && !signal.aborted) await this.#table.check();
  }

  /** What was asked for a minute ago should be done. */
  #isHealthy(): boolean {
    const since = this.#behindSinceMs;
    return since === undefined || this.#options.clock.monotonic() - since < seconds(60);
  }
}
