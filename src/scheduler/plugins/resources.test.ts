/** Plugins that count resources, and images. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { nodeOf, place, podOf, snapshotOf } from "../snapshot/testing.ts";
import { imageLocality } from "./image-locality.ts";
import {
  nodeResourcesBalancedAllocation,
  nodeResourcesBalancedAllocationWith,
} from "./node-resources-balanced-allocation.ts";
import { nodeResourcesFit, nodeResourcesFitWith } from "./node-resources-fit.ts";
import { filter, helps, nodeEvent, score } from "./testing.ts";

const gpu = "example.com/gpu";

for (const [what, pod, expected] of [
  ["fits", { requests: { cpu: "1", memory: "1Gi" } }, "fine"],
  ["fits exactly", { requests: { cpu: "3" } }, "fine"],
  ["asks for a little more than is left", { requests: { cpu: "3001m" } }, "Insufficient cpu"],
  ["asks for more than there is", { requests: { cpu: "5" } }, "Insufficient cpu!"],
  [
    "lacks two resources",
    { requests: { cpu: "4", memory: "8Gi" } },
    "Insufficient cpu; Insufficient memory",
  ],
  ["asks for what no node has", { requests: { [gpu]: "1" } }, `Insufficient ${gpu}!`],
  [
    "asks for local storage",
    { requests: { "ephemeral-storage": "2Gi" } },
    "Insufficient ephemeral-storage!",
  ],
  ["asks for nothing", {}, "fine"],
  [
    "has an overhead that is too much",
    { spec: { overhead: { cpu: "3500m" } } },
    "Insufficient cpu",
  ],
  [
    "starts with a greedy container",
    {
      spec: {
        initContainers: [{ name: "i", image: "i", resources: { requests: { cpu: "3500m" } } }],
      },
    },
    "Insufficient cpu",
  ],
  [
    "has a sidecar beside its container",
    {
      requests: { cpu: "2" },
      spec: {
        initContainers: [
          {
            name: "s",
            image: "s",
            restartPolicy: "Always",
            resources: { requests: { cpu: "2" } },
          },
        ],
      },
    },
    "Insufficient cpu",
  ],
] as const) {
  test(`a pod that ${what}: ${expected}`, () => {
    const { snapshot } = snapshotOf(
      [nodeOf("a", { allocatable: { "ephemeral-storage": "1Gi" } })],
      [podOf("x", { on: "a", requests: { cpu: "1", memory: "1Gi" } })],
    );
    deepEqual(filter(snapshot, nodeResourcesFit, podOf("p", pod)), { a: expected });
  });
}

test("a node takes only so many pods, whatever they ask for", () => {
  const { snapshot } = snapshotOf(
    [nodeOf("a", { allocatable: { pods: "1" } })],
    [podOf("x", { on: "a" })],
  );
  const pod = podOf("p", { requests: { cpu: "4", [gpu]: "1" } });
  deepEqual(filter(snapshot, nodeResourcesFit, podOf("q")), { a: "Too many pods" });
  deepEqual(filter(snapshot, nodeResourcesFit, pod), {
    a: `Too many pods; Insufficient ${gpu}!`,
  });
});

test("ignored resources are not checked", () => {
  const { snapshot } = snapshotOf([nodeOf("a")]);
  const pod = podOf("p", { requests: { [gpu]: "1", "other.com/x": "1" } });
  const ignored = new Set(["example.com"]);
  const plugin = nodeResourcesFitWith({ strategy: { type: "LeastAllocated" }, ignored });
  deepEqual(filter(snapshot, plugin, pod), { a: "Insufficient other.com/x!" });
});

test("what a kubelet gave a container counts when it is more than what is asked", () => {
  const { snapshot } = snapshotOf([nodeOf("a")]);
  const status = (allocatedResources: object) => ({
    containerStatuses: [{ name: "main", allocatedResources }],
  });
  const running = podOf("x", { on: "a", requests: { cpu: "1" }, status: status({ cpu: "3" }) });
  place(snapshot, running);
  equal(snapshot.findNode("a")?.requested("cpu"), 3000);
  snapshot.remove("default/x");
  equal(snapshot.findNode("a")?.requested("cpu"), 0);
});

const busy = () =>
  snapshotOf(
    ["empty", "half", "full"].map((name) => nodeOf(name)),
    [
      podOf("h", { on: "half", requests: { cpu: "1", memory: "2Gi" } }),
      podOf("f", { on: "full", requests: { cpu: "3", memory: "6Gi" } }),
    ],
  ).snapshot;

test("emptier nodes are liked better", () => {
  const pod = podOf("p", { requests: { cpu: "1", memory: "2Gi" } });
  deepEqual(score(busy(), nodeResourcesFit, pod), { empty: 75, half: 50, full: 0 });
});

test("a pod that asks for nothing counts as a small one", () => {
  const { snapshot } = snapshotOf(
    [nodeOf("a"), nodeOf("b")],
    Array.from({ length: 8 }, (_, i) => podOf(`x${i}`, { on: "a" })),
  );
  // 900m of 4 cores and 1800Mi of 8Gi; 100m and 200Mi.
  deepEqual(score(snapshot, nodeResourcesFit, podOf("p")), {
    a: Math.trunc((77 + 78) / 2),
    b: Math.trunc((97 + 97) / 2),
  });
});

test("fuller nodes are liked better by MostAllocated", () => {
  const plugin = nodeResourcesFitWith({ strategy: { type: "MostAllocated" } });
  const pod = podOf("p", { requests: { cpu: "1", memory: "2Gi" } });
  deepEqual(score(busy(), plugin, pod), { empty: 25, half: 50, full: 100 });
});

test("RequestedToCapacityRatio follows its curve", () => {
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 50, score: 10 },
    { utilization: 100, score: 0 },
  ];
  const plugin = nodeResourcesFitWith({
    strategy: { type: "RequestedToCapacityRatio", shape },
    resources: [{ name: "cpu", weight: 1 }],
  });
  const pod = podOf("p", { requests: { cpu: "1" } });
  deepEqual(score(busy(), plugin, pod), { empty: 50, half: 100, full: 0 });
});

test("an extended resource counts only for pods that ask for it", () => {
  const { snapshot } = snapshotOf([
    nodeOf("a", { allocatable: { [gpu]: "4" } }),
    nodeOf("b", { allocatable: { [gpu]: "2" } }),
  ]);
  const plugin = nodeResourcesFitWith({
    strategy: { type: "MostAllocated" },
    resources: [{ name: gpu, weight: 1 }],
  });
  deepEqual(score(snapshot, plugin, podOf("p")), { a: 0, b: 0 });
  deepEqual(score(snapshot, plugin, podOf("q", { requests: { [gpu]: "1" } })), { a: 25, b: 50 });
});

test("a resource that is used up evenly is liked better", () => {
  const { snapshot } = snapshotOf(
    [nodeOf("even"), nodeOf("uneven")],
    [podOf("x", { on: "uneven", requests: { cpu: "3" } })],
  );
  const pod = podOf("p", { requests: { cpu: "1", memory: "2Gi" } });
  // All of its processors and a quarter of its memory.
  deepEqual(score(snapshot, nodeResourcesBalancedAllocation, pod), { even: 100, uneven: 62 });
  deepEqual(score(snapshot, nodeResourcesBalancedAllocation, podOf("q")), { even: 0, uneven: 0 });
});

test("three resources are balanced by their standard deviation", () => {
  const { snapshot } = snapshotOf([nodeOf("a", { allocatable: { [gpu]: "4" } })]);
  const plugin = nodeResourcesBalancedAllocationWith(
    ["cpu", "memory", gpu].map((name) => ({ name, weight: 1 })),
  );
  const pod = podOf("p", { requests: { cpu: "1", memory: "4Gi", [gpu]: "4" } });
  // 0.25, 0.5 and 1: the mean is 0.583, the deviation 0.312.
  deepEqual(score(snapshot, plugin, pod), { a: 68 });
});

test("room that is made helps those who need it", () => {
  const { snapshot } = snapshotOf([nodeOf("a")], [podOf("x", { on: "a", requests: { cpu: "1" } })]);
  const pod = snapshot.podInfos.of(podOf("p", { requests: { cpu: "4" } }));
  const of = (cpu: string) => nodeOf("a", { allocatable: { cpu } });
  const event = "NodeUpdateNodeAllocatable";
  equal(helps(nodeResourcesFit, pod, nodeEvent(event, of("8"), of("4"))), true);
  equal(helps(nodeResourcesFit, pod, nodeEvent(event, of("3"), of("2"))), false, "still too small");
  equal(helps(nodeResourcesFit, pod, nodeEvent(event, of("4"), of("8"))), false, "smaller");
  equal(helps(nodeResourcesFit, pod, nodeEvent("NodeAdd", of("2"))), false);
  const old = snapshot.findPod("default/x")?.pod;
  equal(helps(nodeResourcesFit, pod, { name: "AssignedPodDelete", pod: { old } }), true);
  const smaller = snapshot.podInfos.of(podOf("x", { on: "a", requests: { cpu: "500m" } }));
  const shrunk = { name: "AssignedPodUpdatePodScaleDown", pod: { old, new: smaller } } as const;
  equal(helps(nodeResourcesFit, pod, shrunk), true);
  const other = snapshot.podInfos.of(podOf("q", { requests: { memory: "1Gi" } }));
  equal(helps(nodeResourcesFit, other, shrunk), false, "of what it does not need");
});

test("nodes that have the image are liked, the more so the larger it is", () => {
  const megabytes = (n: number) => n * 1_024 * 1_024;
  const having = (name: string, size: number) =>
    nodeOf(name, { images: [{ names: ["main:1"], sizeBytes: megabytes(size) }] });
  const { snapshot } = snapshotOf([having("a", 1000), nodeOf("b")]);
  // 500 of 1000 MiB, because half of the nodes have it.
  deepEqual(score(snapshot, imageLocality, podOf("p")), { a: 48, b: 0 });
  snapshot.setNode(having("b", 1000));
  deepEqual(score(snapshot, imageLocality, podOf("p")), { a: 100, b: 100 });
  deepEqual(score(snapshot, imageLocality, podOf("q", { container: { image: "main" } })), {
    a: 0,
    b: 0,
  });
});
