/**
 * The kubeconfig file: which clusters there are, how to reach them and as whom. Entries that we
 * do not know, and fields that we do not understand, survive reading and writing.
 */
import type { Disk } from "#base/disk.ts";
import type { HttpCallTls, HttpHeaders } from "#base/http.ts";
import { formatYaml, parseYaml } from "#base/yaml.ts";
import type { Credentials, ServerLocation } from "./transports/https.ts";

export interface Kubeconfig {
  readonly apiVersion: string;
  readonly kind: string;
  readonly clusters: readonly Named<"cluster", Cluster>[];
  readonly contexts: readonly Named<"context", Context>[];
  readonly users: readonly Named<"user", AuthInfo>[];
  readonly "current-context": string;
  readonly [other: string]: unknown;
}

type Named<Key extends string, Value> = { readonly name: string } & {
  readonly [K in Key]: Value;
};

/** The certificate fields hold base64; those without `-data` hold paths. */
export interface Cluster {
  readonly server: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
  readonly [other: string]: unknown;
}

export interface Context {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
  readonly [other: string]: unknown;
}

export interface AuthInfo {
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly as?: string;
  readonly "as-groups"?: readonly string[];
  readonly "as-uid"?: string;
  readonly exec?: object;
  readonly [other: string]: unknown;
}

/** What is wrong with a kubeconfig, or missing from it, in words for the user. */
export class KubeconfigError extends Error {
  override readonly name = "KubeconfigError";
}

export const emptyKubeconfig: Kubeconfig = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [],
  contexts: [],
  users: [],
  "current-context": "",
};

export function parseKubeconfig(text: string): Kubeconfig {
  const value = text.trim() === "" ? {} : parseYaml(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new KubeconfigError("a kubeconfig must be a mapping");
  }
  const config = { ...emptyKubeconfig, ...(value as Partial<Kubeconfig>) };
  return {
    ...config,
    clusters: config.clusters ?? [],
    contexts: config.contexts ?? [],
    users: config.users ?? [],
    "current-context": config["current-context"] ?? "",
  };
}

export const formatKubeconfig = (config: Kubeconfig): string => formatYaml(config);

/** As kubectl merges the files of $KUBECONFIG: of what stands twice, the first one counts. */
export const mergeKubeconfigs = (configs: readonly Kubeconfig[]): Kubeconfig => ({
  ...emptyKubeconfig,
  ...Object.assign({}, ...configs.toReversed()),
  clusters: firstOfEachName(configs.flatMap(({ clusters }) => clusters)),
  contexts: firstOfEachName(configs.flatMap(({ contexts }) => contexts)),
  users: firstOfEachName(configs.flatMap(({ users }) => users)),
  "current-context":
    configs.map((config) => config["current-context"]).find((name) => name !== "") ?? "",
});

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): readonly T[] {
  const names = new Set<string>();
  return entries.filter(({ name }) => !names.has(name) && names.add(name));
}

/** One cluster, one user and the context that joins them, all under one name. */
export interface Access {
  readonly name: string;
  readonly cluster: Cluster;
  readonly user: AuthInfo;
  readonly namespace?: string;
}

/** With this access in it, in place of what had its name; the rest stays as it is. */
export function withAccess(config: Kubeconfig, access: Access): Kubeconfig {
  const { name, cluster, user, namespace } = access;
  const context = { cluster: name, user: name, ...(namespace ? { namespace } : {}) };
  return {
    ...config,
    clusters: replaced(config.clusters, { name, cluster }),
    contexts: replaced(config.contexts, { name, context }),
    users: replaced(config.users, { name, user }),
  };
}

export const withCurrentContext = (config: Kubeconfig, name: string): Kubeconfig => ({
  ...config,
  "current-context": name,
});

/** Without the access of that name; a current context that pointed there points nowhere. */
export function withoutAccess(config: Kubeconfig, name: string): Kubeconfig {
  const others = <T extends { readonly name: string }>(entries: readonly T[]): readonly T[] =>
    entries.filter((entry) => entry.name !== name);
  return {
    ...config,
    clusters: others(config.clusters),
    contexts: others(config.contexts),
    users: others(config.users),
    "current-context": config["current-context"] === name ? "" : config["current-context"],
  };
}

function replaced<T extends { readonly name: string }>(
  entries: readonly T[],
  entry: T,
): readonly T[] {
  const isThere = entries.some(({ name }) => name === entry.name);
  return isThere
    ? entries.map((old) => (old.name === entry.name ? entry : old))
    : [...entries, entry];
}

/** Files that do not exist count as empty. Paths inside are relative to the file they stand in. */
export async function loadKubeconfig(disk: Disk, paths: readonly string[]): Promise<Kubeconfig> {
  const configs: Kubeconfig[] = [];
  for (const path of paths) {
    const bytes = await disk.read(path);
    if (bytes) configs.push(anchored(parseKubeconfig(new TextDecoder().decode(bytes)), path));
  }
  return mergeKubeconfigs(configs);
}

const pathFields = [
  "certificate-authority",
  "client-certificate",
  "client-key",
  "tokenFile",
] as const;

function anchored(config: Kubeconfig, file: string): Kubeconfig {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const fix = <T extends object>(entry: T): T => {
    const fixed = { ...entry } as T & { [field in (typeof pathFields)[number]]?: string };
    for (const field of pathFields) {
      const path = fixed[field];
      if (path && !path.startsWith("/")) Object.assign(fixed, { [field]: `${folder}/${path}` });
    }
    return fixed;
  };
  return {
    ...config,
    clusters: config.clusters.map((entry) => ({ ...entry, cluster: fix(entry.cluster) })),
    users: config.users.map((entry) => ({ ...entry, user: fix(entry.user) })),
  };
}

/** Changes one file in place, for its owner's eyes only; folders are made when missing. */
export async function editKubeconfig(
  disk: Disk,
  path: string,
  edit: (config: Kubeconfig) => Kubeconfig,
): Promise<void> {
  const bytes = await disk.read(path);
  const config = parseKubeconfig(bytes ? new TextDecoder().decode(bytes) : "");
  await disk.makeFolder(path.slice(0, path.lastIndexOf("/")) || "/", 0o750);
  await disk.write(path, formatKubeconfig(edit(config)), 0o600);
}

export interface ResolvedContext {
  readonly name: string;
  /** `default` unless the context says otherwise. */
  readonly namespace: string;
  readonly location: ServerLocation;
}

/** How to reach the cluster of a context, the current one unless named. */
export async function resolveContext(
  config: Kubeconfig,
  { disk, context }: { readonly disk: Disk; readonly context?: string | undefined },
): Promise<ResolvedContext> {
  const name = context ?? config["current-context"];
  if (name === "") throw new KubeconfigError("no current context is set");
  const found = find(config.contexts, name, "context").context;
  const { cluster } = find(config.clusters, found.cluster, "cluster");
  const user = config.users.find((entry) => entry.name === found.user)?.user ?? {};
  if (user.exec) {
    throw new KubeconfigError(
      `user ${JSON.stringify(found.user)} gets its credentials from a program: not supported yet`,
    );
  }
  const tls = await tlsOf(cluster, user, disk);
  return {
    name,
    namespace: found.namespace || "default",
    location: {
      url: cluster.server,
      headers: impersonation(user),
      credentials: async () => ({ tls, ...(await tokenOf(user, disk)) }),
    },
  };
}

function find<T extends { readonly name: string }>(
  entries: readonly T[],
  name: string,
  what: string,
): T {
  const found = entries.find((entry) => entry.name === name);
  if (!found) throw new KubeconfigError(`${what} ${JSON.stringify(name)} does not exist`);
  return found;
}

async function tlsOf(cluster: Cluster, user: AuthInfo, disk: Disk): Promise<HttpCallTls> {
  const ca = await pem(
    disk,
    cluster["certificate-authority-data"],
    cluster["certificate-authority"],
  );
  const certificate = await pem(disk, user["client-certificate-data"], user["client-certificate"]);
  const key = await pem(disk, user["client-key-data"], user["client-key"]);
  return {
    ...(ca ? { ca } : {}),
    ...(certificate && key ? { identity: { certificate, key } } : {}),
    ...(cluster["tls-server-name"] ? { serverName: cluster["tls-server-name"] } : {}),
    ...(cluster["insecure-skip-tls-verify"] ? { insecure: true } : {}),
  };
}

async function pem(
  disk: Disk,
  data: string | undefined,
  path: string | undefined,
): Promise<string | undefined> {
  if (data) return new TextDecoder().decode(Uint8Array.fromBase64(data));
  if (!path) return undefined;
  return readText(disk, path);
}

async function readText(disk: Disk, path: string): Promise<string> {
  const bytes = await disk.read(path);
  if (!bytes) throw new KubeconfigError(`unable to read ${path}: no such file`);
  return new TextDecoder().decode(bytes);
}

/** A token file is read every time: whoever writes it rotates it. */
async function tokenOf(user: AuthInfo, disk: Disk): Promise<Pick<Credentials, "token">> {
  if (user.tokenFile) return { token: (await readText(disk, user.tokenFile)).trim() };
  return user.token ? { token: user.token } : {};
}

const impersonation = (user: AuthInfo): HttpHeaders => ({
  ...(user.as ? { "impersonate-user": user.as } : {}),
  ...(user["as-uid"] ? { "impersonate-uid": user["as-uid"] } : {}),
  ...(user["as-groups"]?.length ? { "impersonate-group": user["as-groups"].join(",") } : {}),
});
