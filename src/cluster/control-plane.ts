/**
 * One process with the API server, the controllers and the scheduler. They share it to save memory
 * and bytes on the wire, not to take short cuts: each talks to the API with its own identity.
 */
import * as catalog from "#api/catalog.ts";
import type { AnyKind } from "#api/kind.ts";
import type { User } from "#api/request.ts";
import { defaultAdmission } from "#apiserver/admission/profile.ts";
import { createTokenIssuer, signingKeyOf } from "#apiserver/authn/token-issuer.ts";
import { createAuthenticator } from "#apiserver/authn/union.ts";
import { createAuthorizer } from "#apiserver/authz/union.ts";
import { bootstrap, controllerRole } from "#apiserver/bootstrap/bootstrap.ts";
import { nodeRules } from "#apiserver/bootstrap/node-rules.ts";
import type { ServerPorts } from "#apiserver/ports.ts";
import type { Reader } from "#apiserver/registry/registry.ts";
import { type ApiServer, createApiServer } from "#apiserver/server.ts";
import * as subresources from "#apiserver/subresources/catalog.ts";
import * as virtuals from "#apiserver/virtual/catalog.ts";
import type { Virtual } from "#apiserver/virtual/virtual.ts";
import type { TlsIdentity } from "#base/http.ts";
import { Metrics } from "#base/metrics.ts";
import type { Client } from "#client/client.ts";
import { inProcess } from "#client/transports/in-process.ts";
import { createClient } from "#client/typed.ts";
import { controllerRoles } from "#controllers/roles.ts";
import { type ControllersOptions, startControllers } from "#controllers/start.ts";
import { serveHttp } from "#host/http-server.ts";
import { addProcessMetrics } from "#host/process-metrics.ts";
import { createScheduler } from "#scheduler/scheduler.ts";
import { openLmdb } from "#store/backends/lmdb.ts";
import { serverUrl } from "./control-plane-url.ts";
import { files, loadIdentity, loadText } from "./identities.ts";
import { kubeletDialer } from "./kubelet-dialer.ts";
import type { Places } from "./places.ts";
import type { Settings } from "./settings.ts";
import type { World } from "./world.ts";

export interface ProcessOptions {
  readonly settings: Settings;
  readonly places: Places;
  readonly world: World;
  readonly signal: AbortSignal;
}

/** Until `signal` aborts. */
export async function runControlPlane(options: ProcessOptions): Promise<void> {
  const { settings, places, world, signal } = options;
  const { clock, log, random } = world;
  const secrets = await readSecrets(options);
  const metrics = new Metrics();
  addProcessMetrics(metrics);
  await using store = await openLmdb({ path: places.store, clock });
  const controllers: ControllersOptions = {
    kinds: allKinds,
    rootCa: secrets.ca,
    clusterCidrs: [settings.podCidr],
  };
  const advertised = {
    address: settings.nodeAddress,
    port: settings.apiPort,
    serviceCidrs: [settings.serviceCidr],
  };
  let isBootstrapped = false;
  await using server: ApiServer = createServer({
    ...options,
    secrets,
    store,
    metrics,
    isBootstrapped: () => isBootstrapped,
  });
  await using listener = await serveHttp({
    address: "0.0.0.0",
    port: settings.apiPort,
    tls: { identity: () => secrets.apiServer, clientCas: () => secrets.ca },
    handler: server.http,
  });
  await server.ready();
  await bootstrap(server.registry, {
    clock,
    advertised,
    roles: controllerRoles(controllers).map(({ identity, rules }) =>
      controllerRole(identity, rules),
    ),
    clientCa: secrets.ca,
    clusterInfo: { server: serverUrl(settings), ca: secrets.ca },
    signal,
  });
  isBootstrapped = true;
  log.info("API server is ready", { port: listener.port });

  const scheduler = createScheduler({
    client: clientFor(server, component("system:kube-scheduler"), "kube-scheduler"),
    clock,
    random,
    log: log.with({ component: "scheduler" }),
    metrics,
  });
  await Promise.all([
    scheduler.run(signal),
    startControllers({
      ...controllers,
      reader: clientFor(server, component("system:kube-controller-manager"), managerName),
      clientFor: (name) => clientFor(server, account(name), managerName),
      clock,
      random,
      log: log.with({ component: "controllers" }),
      metrics,
      signal,
    }),
  ]);
}

const allKinds = Object.values(catalog as Record<string, AnyKind>);

/** The field manager of all controllers. */
const managerName = "kube-controller-manager";

const component = (name: string): User => ({ name, groups: ["system:authenticated"] });

const account = (name: string): User => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
});

const clientFor = (server: ApiServer, user: User, fieldManager: string): Client =>
  createClient(inProcess(server.handle, user), { fieldManager });

interface Secrets {
  readonly ca: string;
  readonly apiServer: TlsIdentity;
  readonly kubeletClient: TlsIdentity;
  readonly tokenKey: string;
}

async function readSecrets({ places, world }: ProcessOptions): Promise<Secrets> {
  const { disk } = world;
  const [ca, apiServer, kubeletClient, tokenKey] = await Promise.all([
    loadText(disk, `${places.pki}/${files.ca}.crt`),
    loadIdentity(disk, places.pki, files.apiServer),
    loadIdentity(disk, places.pki, files.kubeletClient),
    loadText(disk, `${places.pki}/${files.tokens}.key`),
  ]);
  return { ca, apiServer, kubeletClient, tokenKey };
}

interface ServerParts extends ProcessOptions {
  readonly secrets: Secrets;
  readonly store: Awaited<ReturnType<typeof openLmdb>>;
  readonly metrics: Metrics;
  readonly isBootstrapped: () => boolean;
}

function createServer(parts: ServerParts): ApiServer {
  const { settings, world, secrets, store, metrics } = parts;
  const { clock, random } = world;
  const reader = (): Reader => server.registry.reader;
  const authorizer = createAuthorizer({ reader, nodeRules });
  const server: ApiServer = createApiServer({
    store,
    kinds: allKinds,
    admission: defaultAdmission({ clock, random, authorizer }),
    subresources: Object.values(subresources),
    virtuals: Object.values(virtuals as Record<string, Virtual>),
    metrics,
    checks: [
      {
        name: "poststarthook/bootstrap",
        isForReadiness: true,
        problem: () => (parts.isBootstrapped() ? undefined : "not finished"),
      },
    ],
    address: () => `${settings.nodeAddress}:${settings.apiPort}`,
    ports: { ...authenticationOf(parts, reader), ...portsOf(world, secrets), authorizer },
  });
  return server;
}

function authenticationOf(
  { settings, world, secrets }: ServerParts,
  reader: () => Reader,
): Pick<ServerPorts, "authenticator" | "tokens"> {
  const { clock, random } = world;
  const key = signingKeyOf(secrets.tokenKey);
  const keys = (): readonly (typeof key)[] => [key];
  const issuer = `https://kubernetes.default.svc.${settings.clusterDomain}`;
  return {
    authenticator: createAuthenticator({ clock, reader, issuer, audiences: [issuer], keys }),
    tokens: createTokenIssuer({ issuer, key: () => key, keys, clock, random }),
  };
}

const portsOf = (
  { clock, random, log, http }: World,
  { ca, kubeletClient }: Secrets,
): Pick<ServerPorts, "clock" | "random" | "log" | "http" | "kubelets"> => ({
  clock,
  random,
  log: log.with({ component: "apiserver" }),
  http,
  kubelets: kubeletDialer(http, { ca, identity: kubeletClient }),
});
