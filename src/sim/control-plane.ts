/**
 * The control plane, put together once for all who run it: the real cluster over a store on disk and
 * behind a socket, and a simulated one within a test. API server, scheduler and controllers share a
 * process, not their rights: each talks to the API with its own identity.
 */
import type { FeatureGates } from "#api/feature-gates.ts";
import type { User } from "#api/request.ts";
import { servedKinds } from "#api/served-kinds.ts";
import { defaultAdmission, type PluginChoice } from "#apiserver/admission/profile.ts";
import type { Authenticator, TokenIssuer } from "#apiserver/authn/authenticator.ts";
import { openIdEndpoints } from "#apiserver/authn/open-id-endpoints.ts";
import type { Endpoint } from "#apiserver/endpoints/serve.ts";
import { bytesAnswer } from "#apiserver/responses.ts";
import { createTokenIssuer, type SigningKey } from "#apiserver/authn/token-issuer.ts";
import { frontProxyNames } from "#apiserver/authn/remote-user.ts";
import { legacyTokens } from "#apiserver/authn/legacy-token.ts";
import { type AuthenticatorOptions, createAuthenticator } from "#apiserver/authn/union.ts";
import { type Chain, createAuthorizer } from "#apiserver/authz/union.ts";
import { bootstrap, controllerRole } from "#apiserver/bootstrap/bootstrap.ts";
import { nodeRules } from "#apiserver/bootstrap/node-rules.ts";
import type { ServerPorts } from "#apiserver/ports.ts";
import type { Registry } from "#apiserver/registry/registry.ts";
import type { Inheritance } from "#apiserver/cache/watch-cache.ts";
import { type ApiServer, createApiServer } from "#apiserver/server.ts";
import * as subresources from "#apiserver/subresources/catalog.ts";
import * as virtuals from "#apiserver/virtual/catalog.ts";
import type { Virtual } from "#apiserver/virtual/virtual.ts";
import type { Clock } from "#base/clock.ts";
import { Gate } from "#base/gate.ts";
import type { Log } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import type { Random } from "#base/random.ts";
import type { Client } from "#client/client.ts";
import { InformerSet } from "#client/informer.ts";
import { gated } from "#client/transports/gated.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { type Authority, certificateSigner } from "#controllers/certificates/signer.ts";
import { controllerRoles } from "#controllers/roles.ts";
import { type ControllersOptions, startControllers } from "#controllers/start.ts";
import { createMetrics, metricsRole } from "#metrics/metrics.ts";
import { loadBalancerLease, loadBalancerRole, runLoadBalancer } from "#proxy/load-balancer.ts";
import { createScheduler, type Scheduler, type SchedulerOptions } from "#scheduler/scheduler.ts";
import type { Store } from "#store/store.ts";
import { crowdRole } from "./crowd/role.ts";
import { metricsApi } from "./metrics-api.ts";
import { inTurn } from "./replica.ts";
import { issuerOf, shownFlags } from "./shown-flags.ts";
import { accountOf } from "./users.ts";

export interface ControlPlaneOptions extends Pick<
  ServerPorts,
  "http" | "kubelets" | "serviceUrl" | "webhooks" | "auditor" | "frontProxy"
> {
  readonly store: Store;
  /** As its configuration says; the default one when absent. */
  readonly scheduler?: Pick<SchedulerOptions, "profiles" | "backoff" | "extenders"> | undefined;
  /** As they stand by default when absent. */
  readonly gates?: FeatureGates | undefined;
  /** Admission plugins that are on or off otherwise than by default. */
  readonly admission?: PluginChoice;
  /** Who is believed besides the cluster's own. */
  readonly authentication?: Pick<AuthenticatorOptions, "tokens" | "checks" | "isOpenTo">;
  /** Who decides who may do what; node and roles when absent. */
  readonly authorization?: (() => Chain) | undefined;
  /** The store is known to hold what every cluster has. */
  readonly isBootstrapped?: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Where clients and pods reach the API server. */
  readonly address: { readonly host: string; readonly port: number };
  readonly serverUrl: string;
  /** Who signs the certificates of this cluster, in PEM. */
  readonly ca: string;
  /** Who signs certificates of front proxies, in PEM: ours, and those that may speak for others. */
  readonly frontProxyCa?: string;
  /** Signs certificates that were approved, with the key of `ca`; absent: nobody does. */
  readonly signer?: Authority;
  /** For service account tokens; asked when there is one to sign or to verify. */
  readonly signingKey: () => SigningKey;
  readonly serviceCidr: string;
  readonly podCidr: string;
  readonly clusterDomain: string;
  /** TCP ports of the nodes' own programs: no load balancer may take them. */
  readonly reservedPorts?: readonly number[];
  /** Those that the API server was started with, for `/flagz`; no secrets. */
  readonly flags?: Readonly<Record<string, string>>;
  /** Performs what leaves the event loop: a simulation has to know when it is over. */
  readonly outside?: Outside;
  /** Objects are frozen, so that whoever writes to a shared one is caught: for tests. */
  readonly isFreezing?: boolean;
  /** Its name among several over one store; it is the only one when absent. */
  readonly replica?: string;
  /** The store is a fork: what the server of its origin had read by then. */
  readonly inherited?: Inheritance | undefined;
}

/** Acts as this user, in the same process. */
export type ClientFor = (user: User, fieldManager: string, gate?: Gate) => Client;

/** What can be started and stopped on its own. */
export interface Component {
  readonly name: string;
  /** Until `signal` aborts and it came to rest; fails only on a bug. */
  readonly run: (clientFor: ClientFor, signal: AbortSignal) => Promise<void>;
}

export type Outside = <T>(work: () => Promise<T>) => Promise<T>;

export interface ControlPlane extends AsyncDisposable {
  readonly server: ApiServer;
  readonly clientFor: ClientFor;
  /** Scheduler and controllers, each for itself. */
  readonly components: readonly Component[];
  /** Resolves when everything stored is read, and what every cluster has is there. */
  readonly start: (signal: AbortSignal) => Promise<void>;
  /** All components, until `signal` aborts and they came to rest; fails only on a bug. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Of one component: together they stay below what the server takes on. */
const writesAtOnce = 100;

/** The field manager of all controllers. */
const managerName = "kube-controller-manager";

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  let { isBootstrapped = false } = options;
  const clientFor: ClientFor = (user, fieldManager, gate) => {
    const transport = inProcess((request) => server.handle(request), user);
    return createClient(gate ? gated(transport, gate) : transport, { fieldManager });
  };
  const metrics = createMetrics({
    client: clientFor(accountOf(metricsRole.identity), metricsRole.identity),
    clock: options.clock,
    log: options.log.with({ component: "metrics" }),
  });
  const server: ApiServer = createServer(options, {
    computed: metricsApi(metrics),
    isBootstrapped: () => isBootstrapped,
    explainPod: (pod) => running.scheduler?.explain(pod),
    endpoints: [podResourcesPage(() => running.scheduler)],
  });
  const running: Running = { scheduler: undefined };
  const components = componentsOf(options, running);
  return {
    server,
    clientFor,
    components,
    start: async (signal) => {
      await server.ready();
      if (isBootstrapped) return;
      const serves = [...server.kinds.all()].map(({ kind }) => kind);
      await bootstrap(server.registry, { ...bootstrapOptions(options, signal), serves });
      isBootstrapped = true;
    },
    run: async (signal) => {
      await Promise.all(components.map((each) => each.run(clientFor, signal)));
    },
    [Symbol.asyncDispose]: async () => {
      metrics[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Upstream has it on the scheduler's own port. */
const podResourcesPage = (findScheduler: () => Scheduler | undefined): Endpoint => ({
  path: "/metrics/resources",
  serve: async () => {
    const metrics = findScheduler()?.podResources ?? new Metrics();
    return bytesAnswer(Buffer.from(await metrics.text()), metrics.contentType);
  },
});

/** The API server is there before the scheduler, and asks it all the same. */
interface Running {
  scheduler: Scheduler | undefined;
}

const controllersOf = ({
  ca,
  podCidr,
  signer,
  clock,
  random,
  gates,
  outside,
}: ControlPlaneOptions): ControllersOptions => ({
  kinds: servedKinds(gates),
  rootCa: ca,
  clusterCidrs: [podCidr],
  ...(signer ? { signer: certificateSigner(signer, { clock, random, outside }) } : {}),
});

function bootstrapOptions(options: ControlPlaneOptions, signal: AbortSignal) {
  const { clock, address, serviceCidr, ca, serverUrl, frontProxyCa, gates } = options;
  const roles = [
    ...controllerRoles(controllersOf(options)),
    loadBalancerRole,
    metricsRole,
    crowdRole,
  ];
  return {
    clock,
    gates,
    advertised: { address: address.host, port: address.port, serviceCidrs: [serviceCidr] },
    roles: roles.map(({ identity, rules }) => controllerRole(identity, rules)),
    clientCa: ca,
    ...(frontProxyCa === undefined ? {} : { requestHeaderCa: frontProxyCa }),
    clusterInfo: { server: serverUrl, ca },
    signal,
  };
}

/** Of what `componentsOf` makes. */
export const componentNames = ["kube-scheduler", "load-balancer", managerName] as const;

const componentsOf = (options: ControlPlaneOptions, running: Running): readonly Component[] => {
  const scheduler = component("system:kube-scheduler");
  const manager = component("system:kube-controller-manager");
  const balancer = accountOf(loadBalancerRole.identity);
  return [
    inTurn(
      {
        name: "kube-scheduler",
        run: async (clientFor, signal) => {
          const working = schedulerOf(options, clientFor);
          running.scheduler = working;
          await working.run(signal).finally(() => {
            if (running.scheduler === working) running.scheduler = undefined;
          });
        },
      },
      { name: "kube-scheduler", user: scheduler },
      options,
    ),
    inTurn(
      {
        name: "load-balancer",
        run: (clientFor, signal) => balanceLoads(options, clientFor(balancer, managerName), signal),
      },
      { name: loadBalancerLease, user: balancer },
      options,
    ),
    inTurn(
      { name: managerName, run: (clientFor, signal) => control(options, clientFor, signal) },
      { name: managerName, user: manager },
      options,
    ),
  ];
};

function schedulerOf(
  { clock, random, log, http, metrics, gates, scheduler = {} }: ControlPlaneOptions,
  clientFor: ClientFor,
): Scheduler {
  return createScheduler({
    ...scheduler,
    client: clientFor(component("system:kube-scheduler"), "kube-scheduler", new Gate(writesAtOnce)),
    gates,
    clock,
    random,
    http,
    log: log.with({ component: "scheduler" }),
    ...(metrics ? { metrics } : {}),
  });
}

async function control(
  options: ControlPlaneOptions,
  clientFor: ClientFor,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log, metrics } = options;
  const gate = new Gate(writesAtOnce);
  await startControllers({
    ...controllersOf(options),
    reader: clientFor(component("system:kube-controller-manager"), managerName),
    clientFor: (name) => clientFor(accountOf(name), managerName, gate),
    clock,
    random,
    log: log.with({ component: "controllers" }),
    ...(metrics ? { metrics } : {}),
    signal,
  });
}

/** Services of type LoadBalancer get the nodes' addresses, but not the ports of our own servers. */
async function balanceLoads(
  { clock, random, log: all, reservedPorts: ports = [] }: ControlPlaneOptions,
  client: Client,
  signal: AbortSignal,
): Promise<void> {
  const log = all.with({ component: "load-balancer" });
  await using informers = new InformerSet({ client, clock, random, log }, signal);
  const reservedPorts = ports.map((port) => ({ port, protocol: "TCP" }) as const);
  await runLoadBalancer({ client, informers, clock, random, log, reservedPorts }, signal);
}

const component = (name: string): User => ({ name, groups: ["system:authenticated"] });

interface ServerParts extends Pick<ServerPorts, "explainPod"> {
  /** Kinds that parts of this process compute. */
  readonly computed: readonly Virtual[];
  readonly isBootstrapped: () => boolean;
  readonly endpoints: readonly Endpoint[];
}

function createServer(
  options: ControlPlaneOptions,
  { computed, isBootstrapped, explainPod, endpoints }: ServerParts,
): ApiServer {
  const { store, clock, random, log, http, kubelets, address, metrics } = options;
  const { serviceUrl, webhooks, auditor, frontProxy, gates } = options;
  const registry = (): Registry => server.registry;
  const reader = () => registry().reader;
  const authorizer = createAuthorizer({ reader, nodeRules, chain: options.authorization });
  const authentication = authenticationOf(options, registry);
  const server: ApiServer = createApiServer({
    store,
    kinds: servedKinds(gates),
    admission: defaultAdmission({ clock, random, authorizer, choice: options.admission ?? {} }),
    subresources: Object.values(subresources),
    virtuals: [...Object.values(virtuals as Record<string, Virtual>), ...computed],
    ...(metrics ? { metrics } : {}),
    checks: [
      {
        name: "poststarthook/bootstrap",
        isForReadiness: true,
        problem: () => (isBootstrapped() ? undefined : "not finished"),
      },
    ],
    address: () => `${address.host}:${address.port}`,
    endpoints: [...openIdEndpoints(authentication.tokens), ...endpoints],
    flags: shownFlags(options),
    isFreezing: options.isFreezing ?? false,
    inherited: options.inherited,
    ports: {
      ...authentication,
      clock,
      random,
      log: log.with({ component: "apiserver" }),
      http,
      kubelets,
      authorizer,
      gates,
      ...(explainPod ? { explainPod } : {}),
      ...(serviceUrl ? { serviceUrl } : {}),
      ...(webhooks ? { webhooks } : {}),
      ...(auditor ? { auditor } : {}),
      ...(frontProxy ? { frontProxy } : {}),
    },
  });
  return server;
}

const atOnce: Outside = (work) => work();

/** Signing and verifying are done by other threads. */
function authenticationOf(
  options: ControlPlaneOptions,
  registry: () => Registry,
): { readonly authenticator: Authenticator; readonly tokens: TokenIssuer } {
  const { clock, random, log, signingKey, clusterDomain, outside = atOnce } = options;
  const keys = (): readonly SigningKey[] => [signingKey()];
  const issuer = issuerOf(clusterDomain);
  const { frontProxyCa } = options;
  const authenticator = createAuthenticator({
    ...options.authentication,
    clock,
    reader: () => registry().reader,
    legacyUse: legacyTokens({ registry, clock, log: log.with({ component: "apiserver" }) }),
    issuer,
    audiences: [issuer],
    keys,
    ...(frontProxyCa ? { frontProxy: { ca: () => frontProxyCa, names: frontProxyNames } } : {}),
  });
  const tokens = createTokenIssuer({ issuer, key: signingKey, keys, clock, random });
  return {
    authenticator: {
      authenticate: (request) =>
        request.caller.is === "component" || outside === atOnce
          ? authenticator.authenticate(request)
          : outside(async () => authenticator.authenticate(request)),
      review: (token, audiences) => outside(() => authenticator.review(token, audiences)),
    },
    tokens: { ...tokens, issue: (claims) => outside(() => tokens.issue(claims)) },
  };
}
