import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { Node, type NodeStatus } from "#api/core/node.ts";
import { Pod, type Pod as PodObject } from "#api/core/pod.ts";
import type { ApiObject } from "#api/kind.ts";
import { nodeLifecycleController } from "./node-lifecycle.ts";
import { all, made, one, testNow, told, viewOf } from "./runtime/testing.ts";

const seconds = (n: number): number => n * 1_000;
const timeAgo = (n: number): string => new Date(testNow - seconds(n)).toISOString();

interface Facts {
  readonly ready?: "True" | "False" | "Unknown";
  readonly taints?: readonly object[];
  readonly conditions?: readonly object[];
  readonly unschedulable?: boolean;
  readonly zone?: string;
  readonly createdAgo?: number;
  readonly isSilentFromTheStart?: boolean;
}

const node = (name: string, facts: Facts = {}): Node =>
  made(Node, {
    metadata: {
      name,
      creationTimestamp: timeAgo(facts.createdAgo ?? 1_000),
      labels: { "topology.kubernetes.io/zone": facts.zone ?? "z" },
    },
    spec: {
      ...(facts.taints ? { taints: facts.taints } : {}),
      ...(facts.unschedulable ? { unschedulable: true } : {}),
    },
    status: {
      conditions: facts.isSilentFromTheStart
        ? []
        : [
            { type: "Ready", status: facts.ready ?? "True", lastHeartbeatTime: timeAgo(300) },
            ...(facts.conditions ?? []),
          ],
    },
  });

const lease = made(Lease, {
  metadata: { namespace: "kube-node-lease", name: "n" },
  spec: { renewTime: "2029-12-31T23:00:00.000000Z" },
});

const renewed = "lease renewed 2029-12-31T23:00:00.000000Z";

const at = (object: Node, others: readonly ApiObject[], heardAgo: number) =>
  viewOf([object, lease, ...others], {
    since: {
      [renewed]: testNow - seconds(heardAgo),
      [`heartbeat ${object.status.conditions?.[0]?.lastHeartbeatTime ?? ""}`]:
        testNow - seconds(heardAgo),
    },
  });

const reconcile = (object: Node, others: readonly ApiObject[] = [], heardAgo = 10): string[] =>
  told(nodeLifecycleController.reconcile(object, at(object, others, heardAgo)));

const taintsAfter = (object: Node, others: readonly ApiObject[] = []): string[] | undefined => {
  const [patched] = all(nodeLifecycleController.reconcile(object, at(object, others, 10)), "patch");
  if (patched?.patch.is !== "strategic") return undefined;
  const { spec } = patched.patch.change as { spec: { taints: Node["spec"]["taints"] } };
  return (spec.taints ?? []).map(({ key, effect }) => `${key.split("/")[1]}:${effect}`);
};

test("a node that is heard of is only looked at again when it could be lost", () => {
  deepEqual(reconcile(node("n")), ["wakeIn 40s"]);
});

test("renewals of a lease are noted, and wake only whom they may revive", () => {
  const { wakes, notes } = nodeLifecycleController.watches?.[0] ?? {};
  const woken = (object: Node): string[] => [...(wakes?.(lease, lease, viewOf([object])) ?? [])];
  deepEqual(notes?.(lease), { key: "n", fact: renewed });
  deepEqual(woken(node("n")), []);
  deepEqual(woken(node("n", { ready: "False" })), []);
  deepEqual(woken(node("n", { ready: "Unknown" })), ["n"]);
  deepEqual(woken(node("n", { isSilentFromTheStart: true })), ["n"]);
  deepEqual([...(wakes?.(lease, undefined, viewOf([node("n")])) ?? [])], ["n"]);
});

test("a node that was silent for 50 seconds is lost", () => {
  deepEqual(reconcile(node("n"), [], 50), [
    "setStatus Node n",
    "event Normal NodeNotReady: Node n status is now: NodeNotReady",
  ]);
  const object = node("n", { conditions: [{ type: "NetworkUnavailable", status: "False" }] });
  const view = at(object, [], 50);
  const { conditions } = one(nodeLifecycleController.reconcile(object, view), "setStatus")
    .status as NodeStatus;
  deepEqual(
    conditions?.map(({ type, status, reason }) => [type, status, reason]),
    [
      ["Ready", "Unknown", "NodeStatusUnknown"],
      ["NetworkUnavailable", "False", undefined],
      ["MemoryPressure", "Unknown", "NodeStatusNeverUpdated"],
      ["DiskPressure", "Unknown", "NodeStatusNeverUpdated"],
      ["PIDPressure", "Unknown", "NodeStatusNeverUpdated"],
    ],
  );
  equal(conditions?.[0]?.message, "Kubelet stopped posting node status.");
});

test("a new node has a minute to say something", () => {
  const fresh = (createdAgo: number): Node => node("n", { isSilentFromTheStart: true, createdAgo });
  deepEqual(reconcile(fresh(20)), ["wakeIn 40s"]);
  deepEqual(reconcile(fresh(60)), ["setStatus Node n"]);
});

const well = node("well");

for (const [why, facts, expected] of [
  ["not ready", { ready: "False" }, ["not-ready:NoSchedule", "not-ready:NoExecute"]],
  ["lost", { ready: "Unknown" }, ["unreachable:NoSchedule", "unreachable:NoExecute"]],
  [
    "short of memory",
    { conditions: [{ type: "MemoryPressure", status: "True" }] },
    ["memory-pressure:NoSchedule"],
  ],
  [
    "short of disk and processes",
    {
      conditions: [
        { type: "DiskPressure", status: "True" },
        { type: "PIDPressure", status: "True" },
      ],
    },
    ["disk-pressure:NoSchedule", "pid-pressure:NoSchedule"],
  ],
  [
    "without network",
    { conditions: [{ type: "NetworkUnavailable", status: "True" }] },
    ["network-unavailable:NoSchedule"],
  ],
  ["cordoned", { unschedulable: true }, ["unschedulable:NoSchedule"]],
  [
    "well again, beside a taint of its owner's",
    {
      taints: [
        { key: "example.com/gpu", effect: "NoSchedule" },
        { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
        { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
      ],
    },
    ["gpu:NoSchedule"],
  ],
  [
    "lost after having been not ready",
    {
      ready: "Unknown",
      taints: [
        { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
        { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
      ],
    },
    ["unreachable:NoSchedule", "unreachable:NoExecute"],
  ],
] as const) {
  test(`the taints of a node that is ${why}`, () => {
    deepEqual(taintsAfter(node("n", facts), [well]), expected);
  });
}

test("right taints are left alone", () => {
  const taints = [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }];
  equal(taintsAfter(node("n", { unschedulable: true, taints })), undefined);
});

test("when every node is lost, nobody is evicted", () => {
  deepEqual(taintsAfter(node("n", { ready: "Unknown" })), ["unreachable:NoSchedule"]);
});

const evicting = (name: string, ago: number): Node =>
  node(name, {
    ready: "Unknown",
    taints: [
      { key: "node.kubernetes.io/unreachable", effect: "NoSchedule" },
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: timeAgo(ago) },
    ],
  });

test("a zone gives up one node every ten seconds", () => {
  const lost = node("n", { ready: "Unknown" });
  deepEqual(taintsAfter(lost, [well, evicting("other", 4)]), ["unreachable:NoSchedule"]);
  equal(reconcile(lost, [well, evicting("other", 4)]).includes("wakeIn 6s"), true);
  deepEqual(taintsAfter(lost, [well, evicting("other", 11)]), [
    "unreachable:NoSchedule",
    "unreachable:NoExecute",
  ]);
});

test("another zone does not slow it down", () => {
  const lost = node("n", { ready: "Unknown", zone: "y" });
  equal(taintsAfter(lost, [well, evicting("other", 4)])?.length, 2);
});

test("a small zone that is mostly lost stops evicting", () => {
  const lost = ["a", "b", "c", "d"].map((name) => node(name, { ready: "Unknown" }));
  const others = [...lost.slice(1), well, node("well-2")];
  deepEqual(taintsAfter(lost[0] as Node, others), ["unreachable:NoSchedule"]);
});

const pod = (name: string, ready: string): PodObject =>
  made(Pod, {
    metadata: { name },
    spec: { nodeName: "n", containers: [] },
    status: { conditions: [{ type: "Ready", status: ready, reason: "x" }] },
  });

test("the pods of a lost node are not ready", () => {
  const lost = evicting("n", 60);
  const settled = { ...lost, status: { ...lost.status, conditions: unknownConditions } };
  const view = at(settled, [well, pod("web", "True"), pod("down", "False")], 60);
  deepEqual(told(nodeLifecycleController.reconcile(settled, view)), [
    "patch Pod web",
    "event Warning NodeNotReady: Node is not ready",
  ]);
});

const unknownConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].map(
  (type) => ({
    type,
    status: "Unknown",
    lastHeartbeatTime: timeAgo(300),
    lastTransitionTime: timeAgo(60),
  }),
);

test("nodes are welcomed and seen off", () => {
  const object = node("n");
  deepEqual(told(nodeLifecycleController.appeared?.(object, viewOf([])) ?? []), [
    "event Normal RegisteredNode: Node n event: Registered Node n in Controller",
  ]);
  deepEqual(told(nodeLifecycleController.gone?.("n", viewOf([]), object) ?? []), [
    "event Normal RemovingNode: Node n event: Removing Node n from Controller",
  ]);
});
