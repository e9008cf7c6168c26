/**
 * Who is who in the cluster: a certificate for every component, made by `up`, read by the processes
 * that use them. Names and groups are those of every Kubernetes.
 */
import type { Disk } from "#base/disk.ts";
import type { TlsIdentity } from "#base/http.ts";
import type { LeafRequest, Pki } from "./pki.ts";
import { kubernetesServiceAddress, type Settings } from "./settings.ts";

/** File names, without the ending, as kubeadm has them. */
export const files = {
  ca: "ca",
  apiServer: "apiserver",
  /** With it the API server calls kubelets. */
  kubeletClient: "apiserver-kubelet-client",
  admin: "admin",
  node: "kubelet-client",
  kubelet: "kubelet",
  proxy: "kube-proxy",
  /** An authority of its own: whoever has a certificate of it speaks for others. */
  frontProxyCa: "front-proxy-ca",
  /** With it the API server passes requests on to extension servers. */
  frontProxy: "front-proxy-client",
  tokens: "sa",
} as const;

const superusers = ["system:masters"];

export async function makeIdentities(pki: Pki, settings: Settings): Promise<void> {
  const ca = await pki.authority(files.ca, "kubernetes");
  await pki.signingKey(files.tokens);
  const frontProxyCa = await pki.authority(files.frontProxyCa, "front-proxy-ca");
  await pki.leaf(files.frontProxy, frontProxyCa, {
    commonName: "front-proxy-client",
    usage: "client",
  });
  for (const [file, request] of Object.entries(requestsOf(settings)))
    await pki.leaf(file, ca, request);
}

function requestsOf(settings: Settings): Readonly<Record<string, LeafRequest>> {
  const { nodeName, nodeAddress, clusterDomain } = settings;
  const service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"];
  const local = ["localhost", "127.0.0.1", "::1"];
  return {
    [files.apiServer]: {
      commonName: "kube-apiserver",
      usage: "server",
      names: [
        ...service,
        `kubernetes.default.svc.${clusterDomain}`,
        ...local,
        nodeName,
        nodeAddress,
        kubernetesServiceAddress,
      ],
    },
    [files.kubeletClient]: {
      commonName: "kube-apiserver-kubelet-client",
      organizations: superusers,
      usage: "client",
    },
    [files.admin]: { commonName: "kubernetes-admin", organizations: superusers, usage: "client" },
    [files.node]: {
      commonName: `system:node:${nodeName}`,
      organizations: ["system:nodes"],
      usage: "client",
    },
    [files.kubelet]: {
      commonName: `system:node:${nodeName}`,
      organizations: ["system:nodes"],
      usage: "server",
      names: [nodeName, nodeAddress, ...local],
    },
    [files.proxy]: {
      commonName: "system:kube-proxy",
      organizations: ["system:node-proxier"],
      usage: "client",
    },
  };
}

/** What `up` made. Throws when it is not there: a process was started before `up` was done. */
export async function loadIdentity(disk: Disk, folder: string, file: string): Promise<TlsIdentity> {
  const [certificate, key] = await Promise.all([
    loadText(disk, `${folder}/${file}.crt`),
    loadText(disk, `${folder}/${file}.key`),
  ]);
  return { certificate, key };
}

export async function loadText(disk: Disk, path: string): Promise<string> {
  const bytes = await disk.read(path);
  if (!bytes) throw new Error(`${path} is missing: run k8ts up`);
  return new TextDecoder().decode(bytes);
}
