/**
 * How a pod resolves names.
 * upstream: pkg/kubelet/network/dns/dns.go
 */
import type { Pod } from "#api/core/pod.ts";
import type { DnsConfig } from "../runtime.ts";

export interface DnsFacts {
  /** Addresses of the cluster's name service; none while there is none. */
  readonly clusterServers: readonly string[];
  readonly clusterDomain: string;
  /** How the node itself resolves names. */
  readonly node: DnsConfig;
}

/** Limits of the C library's resolver. */
const serversMax = 3;
const searchesMax = 32;

export function dnsOf(pod: Pod, facts: DnsFacts): DnsConfig {
  const base = baseOf(pod, facts);
  const { nameservers = [], searches = [], options = [] } = pod.spec.dnsConfig ?? {};
  const own = options.map(({ name = "", value }) => (value ? `${name}:${value}` : name));
  return {
    servers: unique([...base.servers, ...nameservers]).slice(0, serversMax),
    searches: unique([...base.searches, ...searches]).slice(0, searchesMax),
    options: merged(base.options, own),
  };
}

function baseOf(pod: Pod, { clusterServers, clusterDomain, node }: DnsFacts): DnsConfig {
  const policy = pod.spec.dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { servers: [], searches: [], options: [] };
  const isInCluster =
    policy === "ClusterFirstWithHostNet" || (policy === "ClusterFirst" && !pod.spec.hostNetwork);
  if (!isInCluster || clusterServers.length === 0) return node;
  const services = `svc.${clusterDomain}`;
  return {
    servers: clusterServers,
    searches: [`${pod.metadata.namespace}.${services}`, services, clusterDomain, ...node.searches],
    options: ["ndots:5"],
  };
}

const unique = (list: readonly string[]): readonly string[] => [...new Set(list)];

/** An option of the pod's own replaces one of the same name. */
function merged(base: readonly string[], own: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const option of [...base, ...own]) byName.set(option.split(":")[0] ?? option, option);
  return [...byName.values()];
}

/** Reads resolv.conf. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let [searches, options]: string[][] = [[], []];
  for (const line of text.split("\n")) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === "nameserver" && values[0]) servers.push(values[0]);
    if (keyword === "search" || keyword === "domain")
      searches = values
        .map((domain) => (domain === "." ? "" : domain.replace(/\.$/, "")))
        .filter(Boolean);
    if (keyword === "options") options = values;
  }
  return { servers, searches: searches ?? [], options: options ?? [] };
}
