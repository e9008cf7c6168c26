/**
 * The API server, put together: store, cache, registry, pipeline. Whoever composes a cluster hands in
 * what it stores in, whom it believes and what it serves.
 */
import { CustomResourceDefinition } from "#api/apiextensions/customresourcedefinition.ts";
import type { AnyKind } from "#api/kind.ts";
import type { Info } from "#api/meta/version.ts";
import type { ApiHandler } from "#api/request.ts";
import type { HttpHandler } from "#base/http.ts";
import type { Log } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import type { Store } from "#store/store.ts";
import type { Admission } from "./admission/admission.ts";
import { createAggregator } from "./aggregation/aggregator.ts";
import { webhookClient } from "./admission/webhooks/client.ts";
import { authenticationMetrics } from "./authn/metrics.ts";
import { observeDecisions } from "./authz/metrics.ts";
import { observeStorage } from "./cache/metrics.ts";
import { type Inheritance, WatchCache } from "./cache/watch-cache.ts";
import { type HealthCheck, isHealthPath } from "./endpoints/health.ts";
import { createEndpoints, type Endpoint } from "./endpoints/serve.ts";
import { expireObjects } from "./expiry.ts";
import { celRules } from "./extension/cel-rules.ts";
import { CelTimes } from "./extension/cel-times.ts";
import { CustomResources, type CustomResourcesOptions } from "./extension/custom-resources.ts";
import { fairnessDumps } from "./fairness/dumps.ts";
import { Fairness } from "./fairness/fairness.ts";
import { followFlows } from "./fairness/following.ts";
import { observeFairness } from "./fairness/metrics.ts";
import { createHttpHandler } from "./http.ts";
import { KindRegistry } from "./kinds.ts";
import { createServerMetrics, observeCache } from "./metrics.ts";
import { createPipeline } from "./pipeline.ts";
import type { ServerPorts } from "./ports.ts";
import { AdmissionChain } from "./registry/admission-chain.ts";
import { createRegistry } from "./registry/generic.ts";
import type { RegistryKit } from "./registry/kit.ts";
import { readerOf } from "./registry/reader.ts";
import type { Registry } from "./registry/registry.ts";
import { answerFailure } from "./stages/recover.ts";
import type { Subresource } from "./subresources/subresource.ts";
import { serveResource } from "./verbs/serve.ts";
import { observeVersion } from "./version-metrics.ts";
import { serverVersion } from "./version.ts";
import { watchListTimer } from "./watch-list-times.ts";
import type { Virtual } from "./virtual/virtual.ts";

export interface ApiServerOptions {
  readonly store: Store;
  readonly ports: ServerPorts;
  readonly kinds: readonly AnyKind[];
  /** In the order in which the plugins run. */
  readonly admission: readonly Admission[];
  /** How many requests are served at once, of all priority levels together. */
  readonly seats?: number | undefined;
  readonly subresources: readonly Subresource[];
  readonly virtuals: readonly Virtual[];
  readonly endpoints?: readonly Endpoint[];
  /** Besides the server's own. */
  readonly checks?: readonly HealthCheck[];
  readonly metrics?: Metrics;
  readonly version?: Info;
  /** Where clients reach the server: `10.0.0.1:6443`. */
  readonly address?: () => string;
  /** Those that the server was started with, for `/flagz`; no secrets. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Objects are frozen, so that whoever writes to a shared one is caught: for tests. */
  readonly isFreezing?: boolean;
  /** The store is a fork: what the server of its origin had read by then. */
  readonly inherited?: Inheritance | undefined;
}

export interface ApiServer extends AsyncDisposable {
  readonly handle: ApiHandler;
  readonly http: HttpHandler;
  readonly registry: Registry;
  readonly kinds: KindRegistry;
  readonly metrics: Metrics;
  /** Resolves when everything stored is in the cache. Requests wait for it; health checks do not. */
  readonly ready: () => Promise<void>;
  /** For a server over a fork of the store, made at the same moment. */
  readonly inheritance: () => Inheritance;
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { store, ports, admission, subresources, virtuals, isFreezing = false } = options;
  const { clock, random, log, gates } = ports;
  const basics = { clock, random, log, gates };
  const metrics = options.metrics ?? new Metrics();
  const version = options.version ?? serverVersion;
  const kinds = new KindRegistry({ kinds: options.kinds, subresources, virtuals });
  const cache = new WatchCache({ store, clock, log, isFreezing, inherited: options.inherited });
  const reader = readerOf(cache);
  const chain = new AdmissionChain(admission, { kinds, ports, metrics, reader });
  const registry = createRegistry({ ...basics, store, cache, reader, admission: chain });
  const fairness = fairnessOf(options, cache);
  let isLoaded = false;
  const lifetime = new AbortController();
  const load = async (): Promise<void> => {
    await loadAll(cache, { kinds, log });
    const { signal } = lifetime;
    const rules = celRules(new CelTimes(clock, metrics));
    const conversion = { client: webhookClient(ports, reader), clock, random, metrics, signal };
    await loadCustom({ registry, kinds, signal, rules, conversion });
    isLoaded = true;
    aggregator?.start();
    followFlows({ registry, kinds, fairness, signal: lifetime.signal });
    for (const kind of kinds.stored()) expire(registry.kit, kind, lifetime.signal);
  };
  const aggregator = createAggregator({ registry, kinds, ports, metrics, signal: lifetime.signal });
  const loading = load();
  const endpoints = createEndpoints({
    kinds,
    remotes: aggregator,
    metrics,
    version,
    address: options.address ?? (() => "localhost:6443"),
    checks: [...ownChecks(store, () => isLoaded), ...(options.checks ?? [])],
    endpoints: [...fairnessDumps(fairness), ...(options.endpoints ?? [])],
    component: { ...basics, flags: options.flags ?? {} },
  });
  observeParts({ metrics, cache, store, ports, version });
  const pipeline = createPipeline({
    ports,
    kinds,
    metrics: createServerMetrics(metrics),
    watchLists: watchListTimer(metrics, clock),
    authentication: authenticationMetrics(metrics, clock),
    fairness,
    waited: observeFairness(metrics, fairness),
    serve: (context) =>
      aggregator?.serve(context) ??
      (context.info.isResource ? serveResource(context, { registry, ports }) : endpoints(context)),
  });
  const waiting = afterLoading(pipeline, { loading, log });
  const handle: ApiHandler = (request) =>
    isLoaded || isHealthPath(request.path) ? pipeline(request) : waiting(request);
  return {
    handle,
    http: createHttpHandler(handle, (path) => aggregator?.directory.servedBy(path) !== undefined),
    registry,
    kinds,
    metrics,
    ready: () => loading,
    inheritance: () => cache.fork(),
    [Symbol.asyncDispose]: async () => {
      lifetime.abort();
      fairness[Symbol.dispose]();
      cache[Symbol.dispose]();
    },
  };
}

interface Parts extends Pick<ApiServerOptions, "store" | "ports"> {
  readonly metrics: Metrics;
  readonly cache: WatchCache;
  readonly version: Info;
}

function observeParts({ metrics, cache, store, ports, version }: Parts): void {
  observeCache(metrics, cache);
  observeStorage(metrics, cache, store);
  observeDecisions(metrics, ports.authorizer);
  observeVersion(metrics, version, ports.gates);
}

const fairnessOf = ({ ports, seats }: ApiServerOptions, cache: WatchCache): Fairness =>
  new Fairness({ clock: ports.clock, count: (kind) => cache.of(kind).size, seats });

interface Waiting {
  readonly loading: Promise<void>;
  readonly log: Log;
}

const afterLoading =
  (pipeline: ApiHandler, { loading, log }: Waiting): ApiHandler =>
  (request) =>
    loading.then(
      () => pipeline(request),
      (cause: unknown) => answerFailure(log, cause, request.path),
    );

interface Loading {
  readonly kinds: KindRegistry;
  readonly log: Log;
}

async function loadAll(cache: WatchCache, { kinds, log }: Loading): Promise<void> {
  await Promise.all([...kinds.stored()].map((kind) => cache.add(kind)));
  kinds.onAdded((kind) => {
    if (!kind.storage) return;
    cache.add(kind).catch((cause: unknown) => {
      log.error("a kind could not be read from the store", { kind: kind.plural, cause });
    });
  });
}

/** Where custom resources can be defined, those that are, and from then on every change. */
async function loadCustom(options: CustomResourcesOptions): Promise<void> {
  const { apiVersion, plural } = CustomResourceDefinition;
  if (!options.kinds.find(apiVersion, plural)) return;
  const custom = new CustomResources(options);
  await custom.load();
  void custom.follow();
}

function expire(kit: RegistryKit, kind: AnyKind, signal: AbortSignal): void {
  if (kind.storage?.ttlSeconds === undefined) return;
  expireObjects(kit, kind, signal).catch((cause: unknown) => {
    kit.log.error("old objects are not removed any more", { kind: kind.plural, cause });
  });
}

const ownChecks = (store: Store, isReady: () => boolean): readonly HealthCheck[] => [
  { name: "ping", problem: () => undefined },
  { name: "log", problem: () => undefined },
  {
    name: "etcd",
    problem: async () => {
      await store.get("/registry/health");
      return undefined;
    },
  },
  {
    name: "informer-sync",
    isForReadiness: true,
    problem: () => (isReady() ? undefined : "the cache is not filled yet"),
  },
];
