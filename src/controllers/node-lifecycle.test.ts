import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Lease } from "#api/coordination/lease.ts";
import { Node, type NodeStatus } from "#api/core/node.ts";
import type { ApiObject } from "#api/kind.ts";
import { nodeLifecycleController } from "./node-lifecycle.ts";
import { all, made, one, testNow, told, viewOf } from "./runtime/testing.ts";

const seconds = (n: number): number => n * 1_000;
const timeAgo = (n: number): string => new Date(testNow - seconds(n)).toISOString();

interface Facts {
  readonly ready?: "True" | "False" | "Unknown";
  readonly taints?: readonly object[];
  readonly conditions?: readonly object[];
  readonly zone?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly createdAgo?: number;
  readonly isSilentFromTheStart?: boolean;
}

const node = (name: string, facts: Facts = {}): Node =>
  made(Node, {
    metadata: {
      name,
      creationTimestamp: timeAgo(facts.createdAgo ?? 1_000),
      labels: { "topology.kubernetes.io/zone": facts.zone ?? "z", ...facts.labels },
    },
    spec: facts.taints ? { taints: facts.taints } : {},
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

const at = (object: Node, others: readonly ApiObject[], heardAgo: number) =>
  viewOf([object, lease, ...others], {
    since: {
      [`lease renewed ${lease.spec.renewTime ?? ""}`]: testNow - seconds(heardAgo),
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
  const { renewTime } = lease.spec;
  deepEqual(notes?.(lease), { key: "n", fact: "lease renewed", state: renewTime });
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
const unreachable = ["unreachable:NoExecute"];

test("a node that is not well is given up, and taken back", () => {
  const wasNotReady = [
    { key: "example.com/gpu", effect: "NoSchedule" },
    { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
  ];
  deepEqual(taintsAfter(node("n", { ready: "False" }), [well]), ["not-ready:NoExecute"]);
  deepEqual(taintsAfter(node("n", { ready: "Unknown" }), [well]), unreachable);
  deepEqual(taintsAfter(node("n", { taints: wasNotReady }), [well]), ["gpu:NoSchedule"]);
  deepEqual(taintsAfter(node("n", { ready: "Unknown", taints: wasNotReady }), [well]), [
    "gpu:NoSchedule",
    "unreachable:NoExecute",
  ]);
  equal(taintsAfter(node("n", { ready: "False", taints: wasNotReady }), [well]), undefined);
});

test("when every node is lost, nobody is evicted", () => {
  equal(taintsAfter(node("n", { ready: "Unknown" })), undefined);
});

const evicting = (name: string, ago: number): Node =>
  node(name, {
    ready: "Unknown",
    taints: [
      { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: timeAgo(ago) },
    ],
  });

test("a zone gives up one node every ten seconds", () => {
  const lost = node("n", { ready: "Unknown" });
  equal(taintsAfter(lost, [well, evicting("other", 4)]), undefined);
  equal(reconcile(lost, [well, evicting("other", 4)]).includes("wakeIn 6s"), true);
  deepEqual(taintsAfter(lost, [well, evicting("other", 11)]), unreachable);
});

test("another zone does not slow it down", () => {
  const lost = node("n", { ready: "Unknown", zone: "y" });
  deepEqual(taintsAfter(lost, [well, evicting("other", 4)]), unreachable);
});

test("a small zone that is mostly lost stops evicting", () => {
  const lost = ["a", "b", "c", "d"].map((name) => node(name, { ready: "Unknown" }));
  const others = [...lost.slice(1), well, node("well-2")];
  equal(taintsAfter(lost[0] as Node, others), undefined);
});

const wokenBy = (was: Node | undefined, is: Node | undefined, others: readonly Node[]) => {
  const { wakes } = nodeLifecycleController.watches?.[1] ?? {};
  const view = viewOf(is ? [is, ...others] : others);
  return [...(wakes?.(is ?? was, was, view) ?? [])].toSorted();
};

test("nodes that are excluded from disruption count neither as lost nor as well", () => {
  const labels = { "node.kubernetes.io/exclude-disruption": "" };
  const lost = ["b", "c", "d"].map((name) => node(name, { ready: "Unknown" }));
  const [first, ...others] = lost as [Node, ...Node[]];
  equal(taintsAfter(first, [...others, well]), undefined, "a small zone that is mostly lost");
  const excluded = others.map((each) =>
    node(each.metadata.name ?? "", { ready: "Unknown", labels }),
  );
  deepEqual(taintsAfter(first, [...excluded, well]), unreachable);
  const onlyWell = node("e", { labels });
  equal(taintsAfter(node("n", { ready: "Unknown" }), [onlyWell]), undefined, "all are lost");
  const wakes = nodeLifecycleController.watches?.[1]?.wakes;
  const view = viewOf([first, onlyWell]);
  const old = node("e", { ready: "Unknown", labels });
  deepEqual([...(wakes?.(onlyWell, old, view) ?? [])], []);
});

test("who else is looked at when a node changes: nobody, unless all may be treated otherwise", () => {
  const lost = (name: string): Node => node(name, { ready: "Unknown" });
  const [ready, silent] = [node("n"), lost("n")];
  const wells = ["w1", "w2", "w3"].map((name) => node(name));
  deepEqual(wokenBy(undefined, ready, [...wells, lost("a")]), []);
  deepEqual(wokenBy(silent, ready, [...wells, lost("a"), lost("b")]), []);
  deepEqual(
    wokenBy(undefined, ready, [lost("a"), lost("b")]),
    ["a", "b"],
    "the first that is well",
  );
  deepEqual(wokenBy(ready, undefined, [lost("a")]), ["a"], "the last that was");
  deepEqual(wokenBy(ready, silent, [well, lost("a"), lost("b")]), ["a", "b", "n"], "disrupted");
  deepEqual(wokenBy(silent, ready, [well, lost("a"), lost("b")]), ["a", "b"], "no longer");
  const moved = node("n", { zone: "y" });
  deepEqual(wokenBy(ready, moved, [well, lost("a"), lost("b"), lost("c")]), ["a", "b", "c"]);
});

test("nodes are welcomed and seen off", () => {
  const object = node("n");
  deepEqual(told(nodeLifecycleController.appeared?.(object, viewOf([])) ?? []), [
    "event Normal RegisteredNode: Node n event: Registered Node n in Controller",
  ]);
  deepEqual(told(nodeLifecycleController.gone?.("n", viewOf([]), object) ?? []), [
    "event Normal RemovingNode: Node n event: Removing Node n from Controller",
  ]);
});
