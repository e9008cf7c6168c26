/**
 * Gives every node a range of addresses for its pods.
 * upstream: pkg/controller/nodeipam/ipam/range_allocator.go
 */
import { Node } from "#api/core/node.ts";
import { type Cidr, cidrOf, formatCidr, nthSubnet, subnetCount } from "#base/ip.ts";
import type { Index } from "#client/cache.ts";
import { nodeControllerRules } from "./nodes/node-pods.ts";
import { type AnyController, type Controller, type View } from "./runtime/controller.ts";
import { note, patch } from "./runtime/effects.ts";

export interface NodeIpamOptions {
  /** All pods' addresses; one for each family. */
  readonly clusterCidrs: readonly string[];
  /** The prefix length of a node's share, for each family. */
  readonly nodeBits?: { readonly 4: number; readonly 6: number };
}

const nodeBitsDefault = { 4: 24, 6: 64 } as const;

const byPodCidr: Index<Node> = ({ spec }) => spec.podCIDRs ?? (spec.podCIDR ? [spec.podCIDR] : []);

export function nodeIpamController(options: NodeIpamOptions): AnyController {
  const { nodeBits = nodeBitsDefault } = options;
  const pools = options.clusterCidrs.map((text) => {
    const cidr = cidrOf(text);
    const bits = nodeBits[cidr.version];
    return { cidr, bits, count: subnetCount(cidr, bits), next: 0 };
  });
  const controller: Controller<Node> = {
    name: "node-ipam-controller",
    identity: "node-controller",
    eventSource: "cidrAllocator",
    for: Node,
    // Two nodes must never get one range, so each sees what the one before got.
    oneAtATime: true,
    rules: nodeControllerRules,

    reconcile(node, view) {
      if (node.spec.podCIDR || node.metadata.deletionTimestamp) return [];
      const podCIDRs = pools.map((pool) => findFree(pool, view));
      if (!podCIDRs.every((cidr) => cidr !== undefined)) return [complain(node)];
      const [podCIDR] = podCIDRs;
      return [patch(Node, node, { is: "strategic", change: { spec: { podCIDR, podCIDRs } } })];
    },
  };
  return Object.freeze(controller);
}

interface Pool {
  readonly cidr: Cidr;
  readonly bits: number;
  readonly count: number;
  /** Where to look first, as upstream does; it is worth nothing but time. */
  next: number;
}

function findFree(pool: Pool, view: View): string | undefined {
  const { cidr, bits, count } = pool;
  for (let tried = 0; tried < count; tried++) {
    const subnet = formatCidr(nthSubnet(cidr, bits, (pool.next + tried) % count));
    if (view.by(Node, byPodCidr, subnet).length > 0) continue;
    pool.next = (pool.next + tried) % count;
    return subnet;
  }
  return undefined;
}

// exact: kube-controller-manager
const complain = (node: Node) =>
  note(node, "CIDRNotAvailable", `Node ${node.metadata.name} status is now: CIDRNotAvailable`);
