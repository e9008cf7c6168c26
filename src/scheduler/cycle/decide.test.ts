import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/random.ts";
import { VirtualClock } from "#sim/clock.ts";
import { definePlugin, hopeless, Only, type Plugin, refuse, skip } from "../plugin.ts";
import { nodeAffinity } from "../plugins/node-affinity.ts";
import { nodeResourcesFit } from "../plugins/node-resources-fit.ts";
import { defaultProfile, type Profile } from "../profile.ts";
import type { NodeView } from "../snapshot/node-view.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { nodeOf, place, podOf, snapshotOf } from "../snapshot/testing.ts";
import { Decider, type Decision } from "./decide.ts";
import { enoughNodes } from "./enough-nodes.ts";
import { Framework } from "./framework.ts";
import { type Point, Trace } from "./trace.ts";

function deciderOf(snapshot: Snapshot, profile: Partial<Profile> = {}, seed = 1) {
  const framework = new Framework({ schedulerName: "test", plugins: [], ...profile });
  const points: string[] = [];
  const observe = (point: Point, status: string): void => void points.push(`${point} ${status}`);
  const trace = new Trace(new VirtualClock(), observe);
  const decider = new Decider({ framework, snapshot, random: seededRandom(seed), trace });
  const decide = (name = "p", parts = {}): Decision =>
    decider.decide(snapshot.podInfos.of(podOf(name, parts)));
  return { decider, decide, points };
}

const cluster = (count: number): Snapshot =>
  snapshotOf(Array.from({ length: count }, (_, i) => nodeOf(`n${String(i).padStart(4, "0")}`)))
    .snapshot;

/** Counts the nodes it is asked about. */
function counting(verdict: (node: NodeView) => boolean = () => true, parts: Partial<Plugin> = {}) {
  const seen: string[] = [];
  const refusal = refuse("no");
  const plugin = definePlugin({
    name: "Counting",
    filter(_pod, node) {
      seen.push(node.name);
      return verdict(node) ? undefined : refusal;
    },
    score: () => 0,
    ...parts,
  });
  return { plugin, seen };
}

const chosen = (decision: Decision): string =>
  decision.is === "fit" ? decision.node.name : decision.message;

test("without nodes there is nothing to decide", () => {
  const { decide } = deciderOf(cluster(0));
  deepEqual(decide(), { is: "empty", message: "no nodes available to schedule pods" });
});

for (const [nodes, percentage, enough] of [
  [50, 0, 50],
  [99, 10, 99],
  [100, 0, 100],
  [1_000, 0, 420],
  [5_000, 0, 500],
  [6_000, 0, 300],
  [1_000, 5, 100],
  [1_000, 70, 700],
] as const) {
  test(`of ${nodes} nodes at ${percentage} %, ${enough} are enough`, () => {
    equal(enoughNodes(nodes, percentage), enough);
  });
}

test("a search stops when enough nodes will do, and the next one goes on from there", () => {
  const { plugin, seen } = counting();
  const { decide } = deciderOf(cluster(250), {
    plugins: [plugin],
    percentageOfNodesToScore: 50,
  });
  decide("a");
  deepEqual([seen.length, seen[0]], [125, "n0000"]);
  decide("b");
  deepEqual([seen.length, seen[125]], [250, "n0125"]);
  decide("c");
  equal(seen[250], "n0000");
});

test("a search that finds too little has looked at every node once", () => {
  const { plugin, seen } = counting(({ name }) => name === "n0003");
  const { decide } = deciderOf(cluster(120), { plugins: [plugin] });
  equal(chosen(decide()), "n0003");
  equal(new Set(seen).size, 120);
  equal(seen.length, 120);
});

test("without scores the first node that will do is taken", () => {
  const seen: string[] = [];
  const plugin = definePlugin({
    name: "Filter",
    filter: (_pod, node) => void seen.push(node.name),
  });
  const { decide } = deciderOf(cluster(9), { plugins: [plugin] });
  equal(chosen(decide()), "n0000");
  equal(seen.length, 1);
});

test("nodes are looked at zone by zone in turn", () => {
  const inZone = (name: string, value: string) =>
    nodeOf(name, { labels: { "topology.kubernetes.io/zone": value } });
  const { snapshot } = snapshotOf([
    inZone("x1", "x"),
    inZone("x2", "x"),
    inZone("x3", "x"),
    inZone("y1", "y"),
  ]);
  deepEqual(
    snapshot.nodes.map(({ name }) => name),
    ["x1", "y1", "x2", "x3"],
  );
});

test("the best score wins, with the weights of the profile", () => {
  const likes = (name: string, favourite: string) =>
    definePlugin({ name, score: (_pod, node) => (node.name === favourite ? 100 : 0) });
  const plugins = [likes("A", "n0000"), likes("B", "n0001")];
  const of = (weights: Record<string, number>) =>
    chosen(deciderOf(cluster(3), { plugins, weights }).decide());
  equal(of({ A: 1, B: 2 }), "n0001");
  equal(of({ A: 3, B: 2 }), "n0000");
  equal(of({ A: 1, B: 0 }), "n0000");
});

test("chance settles ties, the same way for the same seed, and gives each node its share", () => {
  const { plugin } = counting();
  const choices = (seed: number) => {
    const { decide } = deciderOf(cluster(4), { plugins: [plugin] }, seed);
    return Array.from({ length: 400 }, (_, i) => chosen(decide(`p${i}`)));
  };
  deepEqual(choices(3), choices(3));
  notEqual(choices(3).join(), choices(4).join());
  const counts = Object.groupBy(choices(5), (name) => name);
  for (const hits of Object.values(counts)) ok((hits?.length ?? 0) > 60, String(hits?.length));
});

test("the message counts reasons, sorted", () => {
  const { snapshot } = snapshotOf([
    nodeOf("a", { taints: [{ key: "t", effect: "NoSchedule" }] }),
    nodeOf("b"),
    nodeOf("c", { allocatable: { memory: "1Gi" } }),
  ]);
  const { decide } = deciderOf(snapshot, defaultProfile);
  equal(
    chosen(decide("p", { requests: { cpu: "8", memory: "2Gi" } })),
    "0/3 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  );
});

test("nodes that a pod's affinity does not name are left out", () => {
  const { snapshot } = snapshotOf([nodeOf("a"), nodeOf("b"), nodeOf("c")]);
  const { decide } = deciderOf(snapshot, { plugins: [nodeAffinity, nodeResourcesFit] });
  const terms = [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["b"] }] }];
  const spec = {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
      },
    },
  };
  equal(chosen(decide("p", { spec })), "b");
  equal(
    chosen(decide("q", { spec, requests: { cpu: "9" } })),
    "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].",
  );
});

test("what a preFilter refuses is refused by all nodes", () => {
  const gone = hopeless('persistentvolumeclaim "x" not found');
  const plugin = definePlugin({ name: "Picky", preFilter: () => gone });
  const { decide } = deciderOf(cluster(2), { plugins: [plugin] });
  const decision = decide();
  ok(decision.is === "unfit");
  equal(decision.message, '0/2 nodes are available: persistentvolumeclaim "x" not found.');
  deepEqual(
    [...decision.verdicts].map(({ node, plugin: by }) => `${node.name} ${by}`),
    ["n0000 Picky", "n0001 Picky"],
  );
  deepEqual([...decision.refusedBy], ["Picky"]);
});

test("several plugins may narrow the nodes down", () => {
  const only = (name: string, ...names: readonly string[]) =>
    definePlugin({ name, preFilter: () => new Only(new Set(names), undefined) });
  const { plugin, seen } = counting();
  const plugins = [only("A", "n0001", "n0002"), only("B", "n0002", "n0003", "gone"), plugin];
  equal(chosen(deciderOf(cluster(5), { plugins }).decide()), "n0002");
  deepEqual(seen, ["n0002"]);
});

test("a plugin that skips a pod is not asked about nodes", () => {
  const { plugin, seen } = counting(() => false, { preFilter: () => skip, preScore: () => skip });
  equal(deciderOf(cluster(2), { plugins: [plugin] }).decide().is, "fit");
  deepEqual(seen, []);
});

const throws = (): never => {
  throw new Error("oops");
};

for (const [what, plugin, message] of [
  ["preFilter", { preFilter: throws }, 'running PreFilter plugin "Broken": oops'],
  ["filter", { filter: throws }, 'running "Broken" filter plugin: oops'],
  ["preScore", { preScore: throws, score: () => 0 }, 'running PreScore plugin "Broken": oops'],
  ["score", { score: throws }, 'running Score plugins: plugin "Broken" failed with: oops'],
  [
    "normalize",
    { score: () => 0, normalize: throws },
    'running Normalize on Score plugins: plugin "Broken" failed with: oops',
  ],
  [
    "a score out of range",
    { score: () => 101 },
    'applying score defaultWeights on Score plugins: plugin "Broken" returns an invalid score 101, it should in the range of [0, 100] after normalizing',
  ],
] as const) {
  for (const dependsOn of ["node", "anything"] as const) {
    test(`a plugin that breaks is named: ${what}, depending on ${dependsOn}`, () => {
      const broken = definePlugin({ name: "Broken", dependsOn, ...plugin });
      const { decide } = deciderOf(cluster(2), { plugins: [broken] });
      deepEqual(decide(), { is: "failed", message });
      deepEqual(decide("q"), { is: "failed", message }, "and the next pod fares no worse");
    });
  }
}

test("answers about nodes are remembered for pods of one shape until the node changes", () => {
  const snapshot = cluster(3);
  const { plugin, seen } = counting(() => true, { dependsOn: "node" });
  const { decide } = deciderOf(snapshot, { plugins: [plugin] });
  decide("a");
  decide("b");
  equal(seen.length, 6, "a shape that is seen once is not remembered");
  decide("c", { labels: { other: "labels" } });
  equal(seen.length, 6);
  snapshot.place(snapshot.podInfos.of(podOf("x")), "n0001");
  decide("d");
  deepEqual(seen.slice(6), ["n0001"]);
  decide("e", { requests: { cpu: "1" } });
  equal(seen.length, 10, "another shape");
});

test("answers are forgotten when there were more changes than are kept", () => {
  const snapshot = cluster(2);
  const { plugin, seen } = counting(() => true, { dependsOn: "node" });
  const { decide } = deciderOf(snapshot, { plugins: [plugin] });
  decide("a");
  decide("b");
  for (let i = 0; i < 10_000; i++) snapshot.changes.note(0);
  decide("c");
  equal(seen.length, 6);
});

test("a refusal by all nodes is repeated while nothing changes", () => {
  const snapshot = cluster(3);
  const { plugin, seen } = counting(() => false, { dependsOn: "cluster" });
  const { decide } = deciderOf(snapshot, { plugins: [plugin] });
  const first = decide("a");
  equal(decide("b"), first);
  equal(seen.length, 3);
  decide("c", { labels: { app: "other" } });
  equal(seen.length, 6);
  snapshot.objectsChanged(false);
  decide("d");
  equal(seen.length, 9);
});

test("but not when it may depend on anything", () => {
  const { plugin, seen } = counting(() => false);
  const { decide } = deciderOf(cluster(3), { plugins: [plugin] });
  decide("a");
  decide("b");
  equal(seen.length, 6);
});

test("the node that was made free for a pod is tried first", () => {
  const { plugin, seen } = counting();
  const { decide } = deciderOf(cluster(5), { plugins: [plugin] });
  equal(chosen(decide("p", { status: { nominatedNodeName: "n0003" } })), "n0003");
  deepEqual(seen, ["n0003"]);
});

test("it is tried first even when the pod does not say yet that it was promised to it", () => {
  const { plugin, seen } = counting();
  const snapshot = cluster(5);
  snapshot.nominate(snapshot.podInfos.of(podOf("p")), "n0003");
  const { decide } = deciderOf(snapshot, { plugins: [plugin] });
  equal(chosen(decide("p")), "n0003");
  deepEqual(seen, ["n0003"]);
});

test("once no node would do, the next pod of the shape costs a look at those that changed", () => {
  const { plugin, seen } = counting(({ pods }) => pods.size === 1, { dependsOn: "node" });
  const snapshot = cluster(5);
  const postFilter = () => ({ nominatedNodeName: "n0000", perform: async () => {} });
  const rescuing = definePlugin({ name: "Rescuing", dependsOn: "cluster", postFilter });
  const { decide } = deciderOf(snapshot, { plugins: [plugin, rescuing] });
  for (const name of ["a", "b", "c"]) equal(decide(name).is, "unfit");
  // Once for the first, of whose shape nothing was remembered, and once for the second.
  equal(seen.length, 10);
  place(snapshot, podOf("x", { on: "n0002" }));
  place(snapshot, podOf("y", { on: "n0004" }));
  snapshot.remove("default/y");
  equal(chosen(decide("d")), "n0002");
  deepEqual(seen.slice(10).toSorted(), ["n0002", "n0004"]);
});

test("every extension point is measured", () => {
  const { plugin } = counting();
  const { decide, points } = deciderOf(cluster(2), { plugins: [plugin] });
  decide();
  deepEqual(points, ["PreFilter Success", "Filter Success", "PreScore Success", "Score Success"]);
});

test("postFilters may say why, or make room", () => {
  const { plugin } = counting(() => false);
  const post = (name: string, result: object) => definePlugin({ name, postFilter: () => result });
  const plugins = [plugin, post("A", { message: "a" }), post("B", { message: "b" })];
  equal(chosen(deciderOf(cluster(1), { plugins }).decide()), "0/1 nodes are available: 1 no. a, b");
  const nominating = [...plugins, post("C", { nominatedNodeName: "n0000" })];
  const decision = deciderOf(cluster(1), { plugins: nominating }).decide();
  ok(decision.is === "unfit");
  deepEqual(decision.postFilter, { nominatedNodeName: "n0000", by: "C" });
  equal(decision.message, "0/1 nodes are available: 1 no.");
});
