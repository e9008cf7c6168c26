import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { NodeVerdict, PodPlacement } from "#api/core/pod-placement.ts";
import { placementText } from "./placement.ts";

const base: PodPlacement = {
  kind: "PodPlacement",
  apiVersion: "k8ts.io/v1",
  metadata: { name: "web", namespace: "shop" },
  schedulerName: "default-scheduler",
  state: "Unschedulable",
  attempts: 2,
  message: "0/5 nodes are available: 5 Insufficient cpu.",
  nodeCount: 5,
  counts: [{ plugin: "NodeResourcesFit", reason: "Insufficient cpu", nodes: 5 }],
  nodes: [1, 2, 3, 4, 5].map((i): NodeVerdict => ({
    name: `n${i}`,
    fits: false,
    refusals: [
      {
        plugin: "NodeResourcesFit",
        reasons: ["Insufficient cpu"],
        details: [`asks for 500m cpu, ${i}m of 1 are free`],
      },
    ],
  })),
  suggestions: [
    { changes: ["lower the cpu request from 500m to 5m"], nodes: ["n5"], nodeCount: 1 },
    { changes: ["tolerate a", "uncordon n1"], nodes: ["n1", "n2"], nodeCount: 4 },
  ],
};

const unfit = `Pod shop/web has no node: none of 5 will do.
Tried 2 times.
The last answer: 0/5 nodes are available: 5 Insufficient cpu.

Nodes: 5
  5   Insufficient cpu   NodeResourcesFit

What is in the way:
  n1: asks for 500m cpu, 1m of 1 are free (NodeResourcesFit)
  n2: asks for 500m cpu, 2m of 1 are free (NodeResourcesFit)
  n3: asks for 500m cpu, 3m of 1 are free (NodeResourcesFit)
  … and 2 more like these

What would help:
  - lower the cpu request from 500m to 5m: then n5 will do
  - tolerate a, and uncordon n1: then n1, n2 and 2 more will do
`;

test("a pod without a node: counts, a few nodes of each sort, what would help", () => {
  equal(placementText(base, { showsAll: false }), unfit);
});

test("all nodes are shown when asked for", () => {
  const text = placementText(base, { showsAll: true });
  equal(text.includes("n5: asks") && !text.includes("more like these"), true);
});

test("a pod with a node: how the nodes compare", () => {
  const fitting = (name: string, score: number): NodeVerdict => ({
    name,
    fits: true,
    refusals: [],
    scores: { NodeResourcesFit: score },
    score,
  });
  const placed: PodPlacement = {
    ...base,
    state: "Scheduled",
    nodeName: "n1",
    attempts: 0,
    nodeCount: 2,
    counts: [{ reason: "node(s) will do", nodes: 2 }],
    nodes: [fitting("n1", 90), fitting("n2", 95)],
    suggestions: [],
  };
  equal(
    placementText(placed, { showsAll: false }),
    `Pod shop/web is on node n1.

Nodes: 2
  2   node(s) will do

How the nodes compare, as things are now:
  NODE        SCORE   NodeResourcesFit
  n2          95      95
  n1 (here)   90      90
`,
  );
});

test("a pod that waits with its group: how many are there, and for whom there is no room", () => {
  const headOf = (change: Partial<PodPlacement>): string =>
    placementText(
      { ...base, counts: [], nodes: [], suggestions: [], ...change },
      { showsAll: false },
    );
  const group = { name: "g", minCount: 3, pods: 3, scheduled: 0 };
  const without = { pod: "shop/c", why: "0/5 nodes are available: 5 Insufficient cpu." };
  const lastTrial = { roomFor: 2, tried: 3, without };
  const { message: _message, ...untold } = base;
  equal(
    placementText(
      {
        ...untold,
        state: "Waiting",
        counts: [],
        nodes: [],
        suggestions: [],
        group: { ...group, lastTrial },
      },
      { showsAll: false },
    ),
    `Pod shop/web has no node: there are nodes that will do, but not for enough pods of its group at once.
Its pod group g gets nodes for 3 pods at once: 3 are there, 0 have a node.
When 3 of them were tried together last, there was room for 2, not for shop/c: 0/5 nodes are available: 5 Insufficient cpu.
Tried 2 times.
`,
  );
  match(
    headOf({
      state: "Gated",
      waitsFor: ["GangScheduling"],
      group: { name: "g", pods: 1, scheduled: 0 },
    }),
    /is not tried yet: it waits for GangScheduling\.\nIts pod group g is not there\./,
  );
});
