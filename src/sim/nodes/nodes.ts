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
import { Gate } from "#base/gate.ts";
import type { Log } from "#base/log.ts";
import type { Random } from "#base/random.ts";
import { aborted } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { accountOf } from "../users.ts";
import { type Behaviour, Behaviours } from "./behaviour.ts";
import { simulatedDialer } from "./dialer.ts";
import { Crowd, type CrowdEvents } from "../crowd/crowd.ts";
import { CrowdNode } from "../crowd/crowd-node.ts";
import { crowdRole } from "../crowd/role.ts";
import type { NodeOptions, Place } from "./machine.ts";
import { type NodePorts, SimulatedNode } from "./node.ts";
import { PodNetwork } from "./pod-network.ts";
import { attachVolumes } from "./storage-drivers.ts";

export interface SimulatedNodesOptions {
  /** How many alike, or each on its own. */
  readonly nodes: number | readonly NodeOptions[];
  readonly behaviours?: readonly Behaviour[] | Behaviours;
  /**
   * Whole ones do everything that a kubelet does, one light one costs a hundredth: for thousands of
   * nodes. Whole unless said.
   */
  readonly kubelets?: "whole" | "light";
  /** Which events light kubelets write about their pods: all unless said. */
  readonly events?: CrowdEvents;
  /** Acts as this user, of whom `nodeUser` is one; asked when the nodes start. */
  readonly clientFor: (user: User, fieldManager: string, gate?: Gate) => Client;
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

/** What can be done with a simulated node of either sort. */
export type NodeHandle = Pick<
  SimulatedNode,
  | "name"
  | "address"
  | "isOn"
  | "isRunning"
  | "skewMs"
  | "cutOff"
  | "http"
  | "runningPods"
  | "start"
  | "startKubelet"
  | "resume"
  | "stop"
  | "stopKubelet"
>;

export interface SimulatedNodes {
  readonly nodes: readonly NodeHandle[];
  readonly find: (name: string) => NodeHandle | undefined;
  readonly behaviours: Behaviours;
  /** How the API server reaches the nodes. */
  readonly dialer: KubeletDialer;
  /** Switches them all on; off again, with all their pods, when `signal` aborts. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

/** Of all light kubelets together: below what the server takes on. */
const writesAtOnce = 100;

const defaultNodeCidr = "172.18.0.0/16";

export function createSimulatedNodes(options: SimulatedNodesOptions): SimulatedNodes {
  const { behaviours: rules = [], others, origin, kubelets = "whole" } = options;
  const behaviours = rules instanceof Behaviours ? rules : new Behaviours(rules);
  const bug = Promise.withResolvers<never>();
  const world: World = { options, behaviours, places: placesOf(options), failed: bug.reject };
  const { nodes, follow } = kubelets === "whole" ? wholeNodes(world) : lightNodes(world);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const find = (name: string): NodeHandle | undefined => byName.get(name);
  const followAll: Fleet["follow"] = async (signal) => {
    const { clientFor, clock, random, log } = options;
    const client = clientFor(accountOf(crowdRole.identity), "kubelet");
    const isOurs = (name: string): boolean => byName.has(name);
    const both = new AsyncDisposableStack();
    both.use(await attachVolumes({ client, clock, random, log, isOurs }, signal));
    both.use(await follow(signal));
    return both;
  };
  const begin = (node: NodeHandle): void => (origin ? node.resume() : node.start());
  return {
    nodes,
    find,
    behaviours,
    dialer: simulatedDialer({ find, ...(others ? { others } : {}) }),
    run: (signal) => run({ nodes, follow: followAll, begin }, bug.promise, signal),
  };
}

interface World {
  readonly options: SimulatedNodesOptions;
  readonly behaviours: Behaviours;
  readonly places: readonly (Place & { readonly options: NodeOptions })[];
  readonly failed: (cause: unknown) => void;
}

interface Fleet {
  readonly nodes: readonly NodeHandle[];
  /** What they share. */
  readonly follow: (signal: AbortSignal) => Promise<AsyncDisposable>;
}

function placesOf({ nodes: wanted, nodeCidr = defaultNodeCidr }: SimulatedNodesOptions) {
  const each = typeof wanted === "number" ? Array.from({ length: wanted }, () => ({})) : wanted;
  const cidr = cidrOf(nodeCidr);
  return each.map((options: NodeOptions, i) => {
    // The first two addresses are the network's and its gateway's.
    const address = formatIp(nthAddress(cidr, i + 2));
    return { name: options.name ?? `node-${i + 1}`, address, options };
  });
}

function wholeNodes({ options, behaviours, places, failed }: World): Fleet {
  const { clock, random, log, clientFor, version } = options;
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
    failed,
    origin: (name) => originOf(options, name, SimulatedNode),
  };
  const nodes = places.map((place) => new SimulatedNode(place, place.options, ports));
  return { nodes, follow: async () => new AsyncDisposableStack() };
}

function lightNodes({ options, behaviours, places, failed }: World): Fleet {
  const { clock, random, log, clientFor, version, events = "all" } = options;
  const gate = new Gate(writesAtOnce);
  const crowd = new Crowd({
    clock,
    random,
    log,
    behaviours,
    clientFor: (name) => clientFor(nodeUser(name), "kubelet", gate),
    reader: () => clientFor(accountOf(crowdRole.identity), "kubelet"),
    version,
    events,
    failed,
    nodes: places,
    origin: (name) => originOf(options, name, CrowdNode),
  });
  return crowd;
}

async function run(
  { nodes, follow, begin }: Fleet & { readonly begin: (node: NodeHandle) => void },
  bug: Promise<never>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  await using _shared = await follow(signal);
  if (signal.aborted) return;
  for (const node of nodes) begin(node);
  try {
    await Promise.race([aborted(signal), bug]);
  } finally {
    // A kubelet that ends on a bug takes the others with it.
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

/** In a fork: the node of that name that this one goes on from. */
function originOf<T extends NodeHandle>(
  { origin }: SimulatedNodesOptions,
  name: string,
  type: abstract new (...args: never) => T,
): T | undefined {
  const found = origin?.find(name);
  return found instanceof type ? found : undefined;
}

/** As the certificate of a kubelet says it. */
export const nodeUser = (name: string): User => ({
  name: `system:node:${name}`,
  groups: ["system:nodes", "system:authenticated"],
});
