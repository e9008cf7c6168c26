/** Addresses and ranges of a simulated cluster: nobody meets them outside of it. */
import type { Authority } from "#controllers/certificates/signer.ts";

/** The usual range has room for 256 nodes. */
const podCidrFor = (nodes: number): string => (nodes <= 256 ? "10.244.0.0/16" : "10.128.0.0/9");

export const settingsFor = (nodes: number, authority: Authority) =>
  ({
    address: { host: "172.18.0.1", port: 6443 },
    serverUrl: "https://172.18.0.1:6443",
    ca: authority.certificate,
    signer: authority,
    serviceCidr: "10.96.0.0/12",
    podCidr: podCidrFor(nodes),
    clusterDomain: "cluster.local",
  }) as const;
