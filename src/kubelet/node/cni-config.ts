/** The pod network of one node: a bridge, addresses from the node's range, ports of the node. */
export interface NetworkOptions {
  /** Name of the bridge. */
  readonly bridge: string;
  /** Pods reach the world outside under the node's address. */
  readonly masquerades: boolean;
  /** That of the node's interface when absent. */
  readonly mtu?: number;
}

interface Network extends NetworkOptions {
  readonly podCidrs: readonly string[];
  /** Where it is noted which addresses are taken. */
  readonly leases: string;
}

export const cniConfig = (options: Network): string =>
  `${JSON.stringify(
    {
      cniVersion: "0.4.0",
      name: options.bridge,
      plugins: [
        {
          type: "bridge",
          bridge: options.bridge,
          isGateway: true,
          isDefaultGateway: true,
          // A pod that is sent back to itself by a service has to get there.
          hairpinMode: true,
          ipMasq: options.masquerades,
          ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
          ipam: {
            type: "host-local",
            dataDir: options.leases,
            ranges: options.podCidrs.map((subnet) => [{ subnet }]),
          },
        },
        { type: "portmap", capabilities: { portMappings: true }, snat: true },
      ],
    },
    null,
    2,
  )}\n`;
