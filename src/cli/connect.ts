/** From kubeconfig files and the global flags to a client: whom to talk to, as whom, and where. */
import type { Clock } from "#base/clock.ts";
import type { Disk } from "#base/disk.ts";
import type { HttpCall, HttpClient } from "#base/http.ts";
import { inCluster } from "#client/in-cluster.ts";
import {
  type Kubeconfig,
  KubeconfigError,
  loadKubeconfig,
  type ResolvedContext,
  resolveContext,
} from "#client/kubeconfig.ts";
import {
  credentialed,
  type Credentials,
  https,
  type ServerLocation,
} from "#client/transports/https.ts";
import { createClient } from "#client/typed.ts";
import type { ClusterAccess, GlobalValues } from "./command.ts";

export interface ConnectWorld {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly http: HttpClient;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userAgent: string;
}

type Env = ConnectWorld["env"];

/** The files that kubectl reads: --kubeconfig, else $KUBECONFIG, else ~/.kube/config. */
export function kubeconfigPaths(env: Env, given: string | undefined): readonly string[] {
  if (given !== undefined) return [given];
  const listed = (env["KUBECONFIG"] ?? "").split(":").filter((path) => path !== "");
  return listed.length > 0 ? listed : [`${env["HOME"] ?? ""}/.kube/config`];
}

export async function connect(world: ConnectWorld, globals: GlobalValues): Promise<ClusterAccess> {
  const paths = kubeconfigPaths(world.env, globals.kubeconfig);
  const config = await loadKubeconfig(world.disk, paths);
  const resolved = await locate(config, world, globals);
  const location = withOverrides(resolved.location, globals, world.disk);
  const http = withTimeout(world, globals["request-timeout"]);
  const client = createClient(https(http, location), {
    fieldManager: "k8ts",
    userAgent: world.userAgent,
  });
  return {
    client,
    namespace: globals.namespace ?? resolved.namespace,
    server: location.url,
    http: credentialed(http, location),
  };
}

async function locate(
  config: Kubeconfig,
  world: ConnectWorld,
  { context, cluster, user, server }: GlobalValues,
): Promise<Pick<ResolvedContext, "namespace" | "location">> {
  if (config.contexts.length > 0 || context !== undefined) {
    const chosen = withParts(config, { context, cluster, user });
    return resolveContext(chosen, { disk: world.disk, context: context ?? currentOf(chosen) });
  }
  if (server !== undefined)
    return { namespace: "default", location: { url: server, credentials: () => ({}) } };
  const inside = await inCluster(world.disk, world.env);
  if (inside) return inside;
  throw new KubeconfigError("there is no cluster yet: start one with `k8ts up`");
}

const currentOf = (config: Kubeconfig): string => config["current-context"];

interface Parts {
  readonly context: string | undefined;
  readonly cluster: string | undefined;
  readonly user: string | undefined;
}

/** --cluster and --user replace what the context names. */
function withParts(config: Kubeconfig, { context, cluster, user }: Parts): Kubeconfig {
  const name = context ?? currentOf(config);
  const replaced = { ...(cluster ? { cluster } : {}), ...(user ? { user } : {}) };
  return {
    ...config,
    contexts: config.contexts.map((entry) =>
      entry.name === name ? { ...entry, context: { ...entry.context, ...replaced } } : entry,
    ),
  };
}

function withOverrides(
  location: ServerLocation,
  globals: GlobalValues,
  disk: Disk,
): ServerLocation {
  const { server, token, as } = globals;
  const groups = globals["as-group"];
  const uid = globals["as-uid"];
  if ((groups.length > 0 || uid !== undefined) && as === undefined)
    throw new KubeconfigError("requesting groups or user-extra without impersonating a user"); // exact: kubectl
  const isInsecure = globals["insecure-skip-tls-verify"];
  return {
    url: server ?? location.url,
    headers: {
      ...location.headers,
      ...(as === undefined ? {} : { "impersonate-user": as }),
      ...(groups.length === 0 ? {} : { "impersonate-group": groups.join(",") }),
      ...(uid === undefined ? {} : { "impersonate-uid": uid }),
    },
    credentials: async () => {
      const own: Credentials = await location.credentials();
      const given = await certificatesOf(globals, disk);
      const tls = { ...own.tls, ...given };
      return {
        ...own,
        ...(token === undefined ? {} : { token }),
        ...(own.tls || given ? { tls } : {}),
        ...(isInsecure ? { tls: { ...withoutCa(tls), insecure: true } } : {}),
      };
    },
  };
}

/** Undefined when no flag names any. */
async function certificatesOf(
  globals: GlobalValues,
  disk: Disk,
): Promise<Pick<NonNullable<Credentials["tls"]>, "ca" | "identity"> | undefined> {
  const { "client-certificate": certificate, "client-key": key } = globals;
  const authority = globals["certificate-authority"];
  if (certificate === undefined && key === undefined && authority === undefined) return undefined;
  if ((certificate === undefined) !== (key === undefined))
    throw new KubeconfigError("--client-certificate and --client-key are needed together");
  const read = async (path: string): Promise<string> => {
    const bytes = await disk.read(path);
    if (!bytes) throw new KubeconfigError(`unable to read ${path}: no such file or directory`);
    return new TextDecoder().decode(bytes);
  };
  return {
    ...(authority === undefined ? {} : { ca: await read(authority) }),
    ...(certificate === undefined || key === undefined
      ? {}
      : { identity: { certificate: await read(certificate), key: await read(key) } }),
  };
}

const withoutCa = ({ ca: _ca, ...rest }: NonNullable<Credentials["tls"]> = {}): Omit<
  NonNullable<Credentials["tls"]>,
  "ca"
> => rest;

/** --request-timeout: for the answer to begin; what streams may go on. */
function withTimeout({ http, clock }: ConnectWorld, timeoutMs: number): HttpClient {
  if (timeoutMs <= 0) return http;
  const limited = async <T>(call: HttpCall, send: (call: HttpCall) => Promise<T>): Promise<T> => {
    const limit = new AbortController();
    const late = new Error("net/http: request canceled (Client.Timeout exceeded)"); // exact: Go
    using _timer = clock.after(timeoutMs, () => limit.abort(late));
    const signals = call.signal ? [call.signal, limit.signal] : [limit.signal];
    return await send({ ...call, signal: AbortSignal.any(signals) });
  };
  return {
    call: (call) => limited(call, http.call),
    upgrade: (call) => limited(call, http.upgrade),
  };
}
