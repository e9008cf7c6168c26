/** Where a cluster lives on the machine. Everything it makes is under these places and names. */
import { createHash } from "node:crypto";
import { homedir } from "node:os";

/** Real containers need root; whoever is not has a simulated cluster at home. */
const isRoot = process.getuid?.() === 0;

export const defaultDataFolder = isRoot ? "/var/lib/k8ts" : `${homedir()}/.local/share/k8ts`;

export interface Places {
  /** `k8ts`, or `k8ts-1a2b3c` for a data folder of one's own: names interfaces, tables, cgroups. */
  readonly instance: string;
  readonly data: string;
  /** Sockets and pid files: short paths, gone at boot. */
  readonly run: string;
  readonly settings: string;
  readonly pki: string;
  readonly store: string;
  readonly logs: string;
  readonly audit: string;
  /** Which file of the administrator's names this cluster. */
  readonly kubeconfigPath: string;
  readonly encryption: string;
  readonly kubelet: string;
  readonly kubeconfigs: string;
  readonly images: string;
  /** What applications write, below it. */
  readonly volumes: string;
  readonly containerd: {
    readonly root: string;
    readonly state: string;
    readonly socket: string;
    readonly config: string;
    readonly registries: string;
  };
  readonly cniConfig: string;
  readonly cniCache: string;
  readonly podLogs: string;
}

export function placesOf(data: string): Places {
  const hash = createHash("sha256").update(data).digest("hex").slice(0, 6);
  const instance = data === defaultDataFolder ? "k8ts" : `k8ts-${hash}`;
  const run = isRoot ? `/run/${instance}` : `${data}/run`;
  return {
    instance,
    data,
    run,
    settings: `${data}/cluster.json`,
    pki: `${data}/pki`,
    store: `${data}/store`,
    logs: `${data}/logs`,
    encryption: `${data}/encryption.yaml`,
    kubeconfigPath: `${data}/kubeconfig-path`,
    audit: `${data}/audit/audit.log`,
    kubelet: `${data}/kubelet`,
    kubeconfigs: `${data}/kubeconfigs`,
    images: `${data}/images`,
    volumes: `${data}/volumes`,
    containerd: {
      root: `${data}/containerd`,
      state: `${run}/containerd`,
      socket: `${run}/containerd.sock`,
      config: `${data}/containerd.toml`,
      registries: `${data}/registries`,
    },
    cniConfig: `${data}/cni`,
    cniCache: `${data}/cni-cache`,
    podLogs: `${data}/pod-logs`,
  };
}
