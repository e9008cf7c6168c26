import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Node } from "#api/core/node.ts";
import { Pod, type Pod as PodObject } from "#api/core/pod.ts";
import { nodeConditionsController } from "./node-conditions.ts";
import { all, made, told, viewOf } from "./runtime/testing.ts";

interface Facts {
  readonly ready?: "True" | "False" | "Unknown";
  readonly taints?: readonly object[];
  readonly conditions?: readonly object[];
  readonly unschedulable?: boolean;
}

const node = ({ ready = "True", taints, conditions = [], unschedulable }: Facts = {}): Node =>
  made(Node, {
    metadata: { name: "n" },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: { conditions: [{ type: "Ready", status: ready }, ...conditions] },
  });

const taintsAfter = (object: Node): string[] | undefined => {
  const [put] = all(nodeConditionsController.reconcile(object, viewOf([object])), "patch");
  if (put?.patch.is !== "strategic") return undefined;
  const { metadata, spec } = put.patch.change as Pick<Node, "metadata" | "spec">;
  equal(metadata.resourceVersion, "1", "nobody else's taint is lost");
  return (spec.taints ?? []).map(({ key, effect }) => `${key.split("/")[1]}:${effect}`);
};

for (const [why, facts, expected] of [
  ["not ready", { ready: "False" }, ["not-ready:NoSchedule"]],
  ["lost", { ready: "Unknown" }, ["unreachable:NoSchedule"]],
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
    ["gpu:NoSchedule", "not-ready:NoExecute"],
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
    ["not-ready:NoExecute", "unreachable:NoSchedule"],
  ],
] as const) {
  test(`the taints of a node that is ${why}`, () => {
    deepEqual(taintsAfter(node(facts)), expected);
  });
}

test("right taints are left alone", () => {
  const taints = [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }];
  equal(taintsAfter(node({ unschedulable: true, taints })), undefined);
});

const pod = (name: string, ready: string): PodObject =>
  made(Pod, {
    metadata: { name },
    spec: { nodeName: "n", containers: [] },
    status: { conditions: [{ type: "Ready", status: ready, reason: "x" }] },
  });

test("the pods of a lost node are not ready", () => {
  const taints = [{ key: "node.kubernetes.io/unreachable", effect: "NoSchedule" }];
  const lost = node({ ready: "Unknown", taints });
  const view = viewOf([lost, pod("web", "True"), pod("down", "False")]);
  deepEqual(told(nodeConditionsController.reconcile(lost, view)), [
    "patch Pod web",
    "event Warning NodeNotReady: Node is not ready",
  ]);
});
