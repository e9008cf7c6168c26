/** Addresses and ranges of a simulated cluster: nobody meets them outside of it. */

/** Nobody connects by TLS to a cluster within a test. */
const noCertificate = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

/** The usual range has room for 256 nodes. */
const podCidrFor = (nodes: number): string => (nodes <= 256 ? "10.244.0.0/16" : "10.128.0.0/9");

export const settingsFor = (nodes: number) =>
  ({
    address: { host: "172.18.0.1", port: 6443 },
    serverUrl: "https://172.18.0.1:6443",
    ca: noCertificate,
    serviceCidr: "10.96.0.0/12",
    podCidr: podCidrFor(nodes),
    clusterDomain: "cluster.local",
  }) as const;
