/**
 * A pod's own name, and its /etc/hosts.
 * upstream: pkg/kubelet/kubelet_pods.go#GeneratePodHostNameAndDomain, #managedHostsFileContent
 */
import type { Pod } from "#api/core/pod.ts";

export interface HostName {
  readonly host: string;
  /** Empty unless the pod has a subdomain. */
  readonly domain: string;
}

const hostLengthMax = 63;

export function hostNameOf(pod: Pod, clusterDomain: string): HostName {
  const { hostname, subdomain, hostnameOverride, setHostnameAsFQDN } = pod.spec;
  if (hostnameOverride) return { host: hostnameOverride, domain: "" };
  const host = hostname || cut(pod.metadata.name ?? "");
  const domain = subdomain ? `${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : "";
  const isFull = setHostnameAsFQDN && domain !== "";
  return { host: isFull ? `${host}.${domain}` : host, domain };
}

/** A cut name must not end in what a label may not end in. */
const cut = (name: string): string => name.slice(0, hostLengthMax).replace(/[-.]+$/, "");

const head = "# Kubernetes-managed hosts file"; // exact: kubelet

export interface HostsFacts {
  readonly pod: Pod;
  readonly podIps: readonly string[];
  readonly clusterDomain: string;
  /** /etc/hosts of the node, for pods in its network. */
  readonly nodeHosts: string;
}

export function hostsFile({ pod, podIps, clusterDomain, nodeHosts }: HostsFacts): string {
  if (pod.spec.hostNetwork) return `${head} (host network).\n${nodeHosts}${aliasesOf(pod)}`;
  const { host, domain } = hostNameOf(pod, clusterDomain);
  const [short = host] = host.split(".");
  const names = domain === "" ? host : `${short}.${domain}\t${short}`;
  const own = podIps.map((ip) => `${ip}\t${names}\n`).join("");
  return `${head}.\n${local}${own}${aliasesOf(pod)}`;
}

const local = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`;

function aliasesOf({ spec }: Pod): string {
  const { hostAliases = [] } = spec;
  if (hostAliases.length === 0) return "";
  const lines = hostAliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join("")}`; // exact: kubelet
}
