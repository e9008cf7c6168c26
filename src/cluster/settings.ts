/** What a cluster was started with; kept in its data folder, so that the next `up` goes on alike. */
import type { Disk } from "#base/disk.ts";

import type { ServerSettings } from "./server-flags.ts";

export interface Settings {
  readonly format: 1;
  readonly nodeName: string;
  /** The node's own address: what pods and other machines reach it by. */
  readonly nodeAddress: string;
  readonly apiPort: number;
  readonly kubeletPort: number;
  readonly serviceCidr: string;
  readonly podCidr: string;
  readonly clusterDomain: string;
  /** Real containers, or none. */
  readonly nodes: "real" | "simulated";
  /** So many simulated ones beside them. */
  readonly simulatedNodes?: number;
  /** A CRI socket that somebody else runs; ours when absent. */
  readonly runtimeEndpoint?: string;
  /** The API server's own, by the names of its flags. */
  readonly apiServer?: ServerSettings;
}

export const kubernetesServiceAddress = "10.96.0.1";
export const dnsServiceAddress = "10.96.0.10";

export const defaults = {
  apiPort: 6443,
  kubeletPort: 10250,
  serviceCidr: "10.96.0.0/12",
  podCidr: "10.244.0.0/16",
  clusterDomain: "cluster.local",
} as const;

export async function readSettings(disk: Disk, file: string): Promise<Settings | undefined> {
  const bytes = await disk.read(file);
  if (!bytes) return undefined;
  const settings = JSON.parse(new TextDecoder().decode(bytes)) as Settings;
  if (settings.format !== 1)
    throw new Error(
      `${file}: format ${String(settings.format)} was made by another version of k8ts`,
    );
  return settings;
}

export const writeSettings = (disk: Disk, file: string, settings: Settings): Promise<void> =>
  disk.write(file, `${JSON.stringify(settings, undefined, 2)}\n`, 0o600);
