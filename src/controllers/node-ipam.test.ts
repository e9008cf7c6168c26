import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { nodeIpamController } from "./node-ipam.ts";
import { made, one, told, viewOf } from "./runtime/testing.ts";

const node = (name: string, podCIDR?: string): Node =>
  made(Node, { metadata: { name }, spec: podCIDR ? { podCIDR, podCIDRs: [podCIDR] } : {} });

const ipam = nodeIpamController({ clusterCidrs: ["10.244.0.0/16"] });

test("a node gets the first free range", () => {
  const others = [node("a", "10.244.0.0/24"), node("c", "10.244.2.0/24")];
  const patch = one(ipam.reconcile(node("b"), viewOf([...others, node("b")])), "patch");
  deepEqual(patch.patch, {
    is: "strategic",
    change: { spec: { podCIDR: "10.244.1.0/24", podCIDRs: ["10.244.1.0/24"] } },
  });
  deepEqual(ipam.reconcile(node("a", "10.244.0.0/24"), viewOf(others)), []);
});

test("a node gets a range of each family", () => {
  const dual = nodeIpamController({ clusterCidrs: ["10.244.0.0/16", "fd00::/48"] });
  const patch = one(dual.reconcile(node("b"), viewOf([])), "patch");
  deepEqual(patch.patch.is === "strategic" && patch.patch.change, {
    spec: { podCIDR: "10.244.0.0/24", podCIDRs: ["10.244.0.0/24", "fd00::/64"] },
  });
});

test("when no range is left the node is told so", () => {
  const small = nodeIpamController({ clusterCidrs: ["10.0.0.0/24"] });
  deepEqual(told(small.reconcile(node("b"), viewOf([node("a", "10.0.0.0/24")]))), [
    "event Normal CIDRNotAvailable: Node b status is now: CIDRNotAvailable",
  ]);
});
