/** Plugins that look at where other pods are: affinity between pods, and spreading. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ReplicaSet } from "#api/apps/replicaset.ts";
import { Namespace } from "#api/core/namespace.ts";
import { Service } from "#api/core/service.ts";
import { nodeOf, type PodParts, place, podOf, snapshotOf } from "../snapshot/testing.ts";
import { interPodAffinity, interPodAffinityWith } from "./inter-pod-affinity.ts";
import { podTopologySpread, podTopologySpreadWith } from "./pod-topology-spread.ts";
import { Examiner, filter, helps, nodeEvent, score } from "./testing.ts";

const zone = "topology.kubernetes.io/zone";
const host = "kubernetes.io/hostname";
const inZone = (name: string, value: string) =>
  nodeOf(name, { labels: { [host]: name, [zone]: value } });

/** Two nodes in zone x, one in y, one in none. */
const nodes = [inZone("x1", "x"), inZone("x2", "x"), inZone("y1", "y"), nodeOf("none")];

const web = { labels: { app: "web" } } as const;
const selector = { matchLabels: { app: "web" } };
const near = (topologyKey: string, more: object = {}) => ({
  podAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey, labelSelector: selector, ...more },
    ],
  },
});
const far = (topologyKey: string, more: object = {}) => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [
      { topologyKey, labelSelector: selector, ...more },
    ],
  },
});
const withAffinity = (affinity: object, parts: PodParts = {}): PodParts => ({
  ...parts,
  spec: { affinity },
});

const tooFar = "node(s) didn't match pod affinity rules!";
const tooNear = "node(s) didn't match pod anti-affinity rules";
const unwelcome = "node(s) didn't satisfy existing pods anti-affinity rules";

test("a pod goes only where the pods are that it wants to be near to", () => {
  const { snapshot } = snapshotOf(nodes, [podOf("w", { ...web, on: "x1" })]);
  deepEqual(filter(snapshot, interPodAffinity, podOf("p", withAffinity(near(zone)))), {
    x1: "fine",
    x2: "fine",
    y1: tooFar,
    none: tooFar,
  });
});

test("the first of pods that want to be together goes anywhere with the label", () => {
  const { snapshot } = snapshotOf(nodes);
  deepEqual(filter(snapshot, interPodAffinity, podOf("p", withAffinity(near(zone), web))), {
    x1: "fine",
    x2: "fine",
    y1: "fine",
    none: tooFar,
  });
});

test("a pod that wants to be near others, but is none of them, waits for the first", () => {
  const { snapshot } = snapshotOf(nodes);
  const said = filter(snapshot, interPodAffinity, podOf("p", withAffinity(near(zone))));
  equal(said["x1"], tooFar);
});

test("all terms have to be met by the same pod", () => {
  const term = (app: string) => ({
    topologyKey: zone,
    labelSelector: { matchLabels: { [app]: "1" } },
  });
  const affinity = {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term("a"), term("b")] },
  };
  const { snapshot } = snapshotOf(nodes, [
    podOf("a", { labels: { a: "1" }, on: "x1" }),
    podOf("b", { labels: { b: "1" }, on: "x1" }),
    podOf("ab", { labels: { a: "1", b: "1" }, on: "y1" }),
  ]);
  const said = filter(snapshot, interPodAffinity, podOf("p", { spec: { affinity } }));
  deepEqual([said["x1"], said["y1"]], [tooFar, "fine"]);
});

test("a pod keeps away from the pods it avoids", () => {
  const { snapshot } = snapshotOf(nodes, [podOf("w", { ...web, on: "x1" })]);
  deepEqual(filter(snapshot, interPodAffinity, podOf("p", withAffinity(far(zone)))), {
    x1: tooNear,
    x2: tooNear,
    y1: "fine",
    none: "fine",
  });
  const byHost = filter(snapshot, interPodAffinity, podOf("q", withAffinity(far(host))));
  deepEqual([byHost["x1"], byHost["x2"]], [tooNear, "fine"]);
});

test("a pod keeps away from pods that avoid it", () => {
  const { snapshot } = snapshotOf(nodes, [podOf("shy", withAffinity(far(zone), { on: "x1" }))]);
  deepEqual(filter(snapshot, interPodAffinity, podOf("p", web)), {
    x1: unwelcome,
    x2: unwelcome,
    y1: "fine",
    none: "fine",
  });
  equal(filter(snapshot, interPodAffinity, podOf("q"))["x1"], "fine", "whom it does not mean");
  snapshot.remove("default/shy");
  equal(filter(snapshot, interPodAffinity, podOf("p", web))["x1"], "fine", "when it is gone");
});

test("terms mean the pod's own namespace, the named ones, or those with the labels", () => {
  const { snapshot, objects } = snapshotOf(nodes, [
    podOf("w", { ...web, on: "x1", namespace: "blue" }),
  ]);
  objects.put(Namespace, { metadata: { name: "blue", labels: { colour: "blue" } } });
  const says = (more: object) =>
    filter(snapshot, interPodAffinity, podOf("p", withAffinity(far(zone, more))))["x1"];
  equal(says({}), "fine");
  equal(says({ namespaces: ["blue"] }), tooNear);
  equal(says({ namespaceSelector: {} }), tooNear);
  equal(says({ namespaceSelector: { matchLabels: { colour: "blue" } } }), tooNear);
  equal(says({ namespaceSelector: { matchLabels: { colour: "red" } } }), "fine");
  objects.put(Namespace, { metadata: { name: "blue", labels: { colour: "red" } } });
  snapshot.objectsChanged(true);
  equal(says({ namespaceSelector: { matchLabels: { colour: "red" } } }), tooNear);
});

test("pods on their way out still count", () => {
  const leaving = { deletionTimestamp: "2030-01-01T00:00:00Z", deletionGracePeriodSeconds: 30 };
  const { snapshot } = snapshotOf(nodes, [podOf("w", { ...web, on: "x1", metadata: leaving })]);
  equal(filter(snapshot, interPodAffinity, podOf("p", withAffinity(far(zone))))["x1"], tooNear);
});

const prefer = (weight: number, topologyKey = zone) => ({
  preferredDuringSchedulingIgnoredDuringExecution: [
    { weight, podAffinityTerm: { topologyKey, labelSelector: selector } },
  ],
});

test("what a pod prefers counts once per pod that it means", () => {
  const { snapshot } = snapshotOf(nodes, [
    podOf("w1", { ...web, on: "x1" }),
    podOf("w2", { ...web, on: "x2" }),
    podOf("w3", { ...web, on: "y1" }),
  ]);
  const pod = podOf("p", { spec: { affinity: { podAffinity: prefer(10) } } });
  deepEqual(score(snapshot, interPodAffinity, pod), { x1: 100, x2: 100, y1: 50, none: 0 });
  const shy = podOf("s", { spec: { affinity: { podAntiAffinity: prefer(10) } } });
  deepEqual(score(snapshot, interPodAffinity, shy), { x1: 0, x2: 0, y1: 50, none: 100 });
});

test("what pods on nodes prefer, or need, draws a pod too", () => {
  const { snapshot } = snapshotOf(nodes, [
    podOf("a", { on: "x1", spec: { affinity: { podAffinity: prefer(4) } } }),
    podOf("b", { on: "y1", spec: { affinity: { podAntiAffinity: prefer(4) } } }),
    podOf("c", withAffinity(near(host), { on: "x2" })),
  ]);
  // x1: 4, x2: 4 + 1 (the weight of a required term), y1: -4, none: 0.
  deepEqual(score(snapshot, interPodAffinity, podOf("p", web)), {
    x1: 88,
    x2: 100,
    y1: 0,
    none: 44,
  });
  const cold = interPodAffinityWith({ hardPodAffinityWeight: 0 });
  deepEqual(score(snapshot, cold, podOf("q", web)), { x1: 100, x2: 100, y1: 0, none: 50 });
});

test("a pod without preferences can be left to itself", () => {
  const { snapshot } = snapshotOf(nodes, [
    podOf("a", { on: "x1", spec: { affinity: { podAffinity: prefer(4) } } }),
  ]);
  const plugin = interPodAffinityWith({
    hardPodAffinityWeight: 1,
    ignorePreferredTermsOfExistingPods: true,
  });
  deepEqual(score(snapshot, plugin, podOf("p", web)), { x1: 0, x2: 0, y1: 0, none: 0 });
});

test("pods that come help those who wait for them, pods that go those who avoid them", () => {
  const { snapshot } = snapshotOf(nodes);
  const info = (parts: PodParts, name = "p") => snapshot.podInfos.of(podOf(name, parts));
  const other = info({ ...web, on: "x1" }, "w");
  const came = { name: "AssignedPodAdd", pod: { new: other } } as const;
  const went = { name: "AssignedPodDelete", pod: { old: other } } as const;
  equal(helps(interPodAffinity, info(withAffinity(near(zone))), came), true);
  equal(helps(interPodAffinity, info(withAffinity(near(zone))), went), false);
  equal(helps(interPodAffinity, info(withAffinity(far(zone))), came), false);
  equal(helps(interPodAffinity, info(withAffinity(far(zone))), went), true);
  const shy = info(withAffinity(far(zone), { on: "x1" }), "shy");
  const shyWent = { name: "AssignedPodDelete", pod: { old: shy } } as const;
  equal(helps(interPodAffinity, info(web), shyWent), true, "whom the other one avoided");
  const unlabelled = nodeEvent("NodeAdd", nodeOf("n", { labels: {} }));
  equal(helps(interPodAffinity, info(withAffinity(near(zone))), unlabelled), false);
});

const spread = (parts: object = {}) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: zone,
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: selector,
      ...parts,
    },
  ],
});
const uneven = "node(s) didn't match pod topology spread constraints";
const unlabelled = "node(s) didn't match pod topology spread constraints (missing required label)!";

const two = [podOf("a", { ...web, on: "x1" }), podOf("b", { ...web, on: "x2" })];

test("no zone gets more than the emptiest one and the skew allow", () => {
  const { snapshot } = snapshotOf(nodes, two);
  deepEqual(filter(snapshot, podTopologySpread, podOf("p", { ...web, spec: spread() })), {
    x1: uneven,
    x2: uneven,
    y1: "fine",
    none: unlabelled,
  });
  const wide = podOf("q", { ...web, spec: spread({ maxSkew: 3 }) });
  equal(filter(snapshot, podTopologySpread, wide)["x1"], "fine");
});

test("a pod that is none of those counted does not add to them", () => {
  const { snapshot } = snapshotOf(nodes, [podOf("a", { ...web, on: "x1" })]);
  equal(filter(snapshot, podTopologySpread, podOf("p", { spec: spread() }))["x1"], "fine");
  const own = podOf("q", { ...web, spec: spread() });
  equal(filter(snapshot, podTopologySpread, own)["x1"], uneven);
});

test("too few domains count as an empty one more", () => {
  const { snapshot } = snapshotOf(nodes, [
    podOf("a", { ...web, on: "x1" }),
    podOf("b", { ...web, on: "y1" }),
  ]);
  const says = (minDomains: number) =>
    filter(snapshot, podTopologySpread, podOf("p", { ...web, spec: spread({ minDomains }) }))["y1"];
  equal(says(2), "fine");
  equal(says(3), uneven);
});

test("pods on their way out, and those of other namespaces, are not counted", () => {
  const leaving = { deletionTimestamp: "2030-01-01T00:00:00Z", deletionGracePeriodSeconds: 30 };
  const { snapshot } = snapshotOf(nodes, [
    podOf("a", { ...web, on: "x1", metadata: leaving }),
    podOf("b", { ...web, on: "x2", namespace: "other" }),
  ]);
  const said = filter(snapshot, podTopologySpread, podOf("p", { ...web, spec: spread() }));
  equal(said["x1"], "fine");
});

test("nodes that the pod cannot use are counted or not, as the constraint says", () => {
  const tainted = [{ key: "t", effect: "NoSchedule" }];
  const labels = { [host]: "y1", [zone]: "y" };
  const { snapshot } = snapshotOf(
    [inZone("x1", "x"), nodeOf("y1", { labels, taints: tainted })],
    [podOf("a", { ...web, on: "x1" })],
  );
  const says = (parts: object, spec: object = {}) =>
    filter(
      snapshot,
      podTopologySpread,
      podOf("p", { ...web, spec: { ...spread(parts), ...spec } }),
    )["x1"];
  equal(says({}), uneven, "taints are ignored");
  equal(says({ nodeTaintsPolicy: "Honor" }), "fine");
  const selecting = { nodeSelector: { [zone]: "x" } };
  equal(says({}, selecting), "fine", "selectors are honored");
  equal(says({ nodeAffinityPolicy: "Ignore" }, selecting), uneven);
});

test("matchLabelKeys tell the pods of one revision apart", () => {
  const of = (revision: string) => ({ labels: { app: "web", revision } });
  const { snapshot } = snapshotOf(nodes, [podOf("a", { ...of("1"), on: "x1" })]);
  const says = (revision: string) =>
    filter(
      snapshot,
      podTopologySpread,
      podOf("p", { ...of(revision), spec: spread({ matchLabelKeys: ["revision"] }) }),
    )["x1"];
  equal(says("1"), uneven);
  equal(says("2"), "fine");
});

test("fewer pods of the kind make a better score", () => {
  const { snapshot } = snapshotOf(nodes.slice(0, 3), two);
  const soft = spread({ whenUnsatisfiable: "ScheduleAnyway" });
  // 2 * ln(4) = 2.8, rounded 3, in zone x; nothing in y.
  deepEqual(score(snapshot, podTopologySpread, podOf("p", { ...web, spec: soft })), {
    x1: 0,
    x2: 0,
    y1: 100,
  });
});

test("a node without the label scores nothing", () => {
  const { snapshot } = snapshotOf(nodes, two);
  const soft = spread({ whenUnsatisfiable: "ScheduleAnyway" });
  const scores = score(snapshot, podTopologySpread, podOf("p", { ...web, spec: soft }));
  deepEqual([scores["y1"], scores["none"]], [100, 0]);
});

test("pods of a service spread without being asked to", () => {
  const { snapshot, objects } = snapshotOf(nodes.slice(0, 3), [podOf("a", { ...web, on: "x1" })]);
  const pod = podOf("p", web);
  deepEqual(score(snapshot, podTopologySpread, pod), { x1: 0, x2: 0, y1: 0 }, "nothing selects it");
  objects.put(Service, {
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  });
  // By host 1 * ln(5) + 2, by zone 1 * ln(4) + 4: 9, 7 and 6.
  deepEqual(score(snapshot, podTopologySpread, pod), { x1: 66, x2: 88, y1: 100 });
});

test("so do those of a replica set, unless other defaults are set", () => {
  const { snapshot, objects } = snapshotOf(nodes.slice(0, 3), [podOf("a", { ...web, on: "x1" })]);
  objects.put(ReplicaSet, {
    metadata: { name: "web-1", namespace: "default" },
    spec: {
      selector,
      template: { metadata: web, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  });
  const ownerReferences = [
    { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "u", controller: true },
  ];
  const pod = podOf("p", { ...web, metadata: { ownerReferences } });
  deepEqual(score(snapshot, podTopologySpread, pod), { x1: 66, x2: 88, y1: 100 });
  deepEqual(score(snapshot, podTopologySpreadWith({ constraints: [] }), pod), {
    x1: 0,
    x2: 0,
    y1: 0,
  });
});

test("counts follow nodes that change their zone, and pods that change their labels", () => {
  const { snapshot } = snapshotOf(nodes.slice(0, 3), two);
  const examiner = new Examiner(snapshot, [podTopologySpread]);
  const pod = podOf("p", { ...web, spec: spread() });
  deepEqual(examiner.filter(pod), { x1: uneven, x2: uneven, y1: "fine" });
  snapshot.setNode(inZone("x2", "y"));
  deepEqual(examiner.filter(pod), { x1: "fine", x2: "fine", y1: "fine" });
  place(snapshot, podOf("a", { on: "x1", labels: { app: "other" } }));
  deepEqual(examiner.filter(pod), { x1: "fine", x2: uneven, y1: uneven });
  snapshot.removeNode("x1");
  deepEqual(examiner.filter(pod), { x2: "fine", y1: "fine" });
});
