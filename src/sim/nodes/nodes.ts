/**
 * Simulated nodes for a control plane in the same process: in a test on a virtual clock, or in
 * `k8ts up --nodes=simulated` on the real one.
 *
 *   const nodes = createSimulatedNodes({ nodes: 3, clientFor, clock, random, log, version });
 *   // The API server gets nodes.dialer, and then:
 *   await nodes.run(signal);
 */
import type { User } from "#api/request.ts";
import type { KubeletDialer } from "#apiserver/subresources/kubelet-dialer.ts";
import type { Clock } from "#base/clock.ts";
import { cidrOf, formatIp, nthAddress } from "#base/ip.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import { aborted } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { type Behaviour, Behaviours } from "./behaviour.ts";
import { simulatedDialer } from "./dialer.ts";
import type { NodeOptions } from "./machine.ts";
import { type NodePorts, SimulatedNode } from "./node.ts";
import { PodNetwork } from "./pod-network.ts";

export interface SimulatedNodesOptions {
  /** How many alike, or each on its own. */
  readonly nodes: number | readonly NodeOptions[];
  readonly behaviours?: readonly Behaviour[] | Behaviours;
  /** Acts as this user, of whom `nodeUser` is one; asked when the nodes start. */
  readonly clientFor: (user: User, fieldManager: string) => Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** As in `v1.36.0`. */
  readonly version: string;
  readonly clusterDns?: readonly string[];
  readonly clusterDomain?: string;
  /** Where the nodes' addresses are from. */
  readonly nodeCidr?: string;
  /** How the API server reaches the nodes that are not simulated. */
  readonly others?: KubeletDialer;
  /** The nodes of the cluster that this one is a fork of: they go on from there. */
  readonly origin?: SimulatedNodes | undefined;
}

export interface SimulatedNodes {
  readonly nodes: readonly SimulatedNode[];
  readonly find: (name: string) => SimulatedNode | undefined;
  readonly behaviours: Behaviours;
  /** How the API server reaches the nodes. */
  readonly dialer: KubeletDialer;
  /** Switches them all on; off again, with all their pods, when `signal` aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

const defaultNodeCidr = "172.18.0.0/16";

export function createSimulatedNodes(options: SimulatedNodesOptions): SimulatedNodes {
  const { clock, random, log, clientFor, version, behaviours: rules = [] } = options;
  const behaviours = rules instanceof Behaviours ? rules : new Behaviours(rules);
  const bug = Promise.withResolvers<never>();
  const ports: NodePorts = {
    clock,
    random,
    log,
    behaviours,
    network: new PodNetwork(),
    clientFor: (name) => clientFor(nodeUser(name), "kubelet"),
    version,
    clusterDns: options.clusterDns ?? [],
    clusterDomain: options.clusterDomain ?? "cluster.local",
    failed: bug.reject,
    origin: options.origin?.find,
  };
  const { nodes: wanted, nodeCidr = defaultNodeCidr } = options;
  const each = typeof wanted === "number" ? Array.from({ length: wanted }, () => ({})) : wanted;
  const cidr = cidrOf(nodeCidr);
  const nodes = each.map((node: NodeOptions, i) => {
    // The first two addresses are the network's and its gateway's.
    const address = formatIp(nthAddress(cidr, i + 2));
    return new SimulatedNode({ name: node.name ?? `node-${i + 1}`, address }, node, ports);
  });
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const { others, origin } = options;
  const find = (name: string): SimulatedNode | undefined => byName.get(name);
  return {
    nodes,
    find,
    behaviours,
    dialer: simulatedDialer({ find, ...(others ? { others } : {}) }),
    run: (signal) => {
      const begin = (node: SimulatedNode): void => (origin ? node.resume() : node.start());
      return run({ nodes, begin, bug: bug.promise }, signal);
    },
  };
}

interface Running {
  readonly nodes: readonly SimulatedNode[];
  readonly begin: (node: SimulatedNode) => void;
  readonly bug: Promise<never>;
}

async function run({ nodes, begin, bug }: Running, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  for (const node of nodes) begin(node);
  try {
    await Promise.race([aborted(signal), bug]);
  } finally {
    // A kubelet that ends on a bug takes the others with it.
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** As the certificate of a kubelet says it. */
export const nodeUser = (name: string): User => ({
  name: `system:node:${name}`,
  groups: ["system:nodes", "system:authenticated"],
});
