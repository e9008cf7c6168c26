/** Plugins that look at one node: its name, its taints, its labels, its ports. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { nodeOf, podOf, snapshotOf } from "../snapshot/testing.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeDeclaredFeatures } from "./node-declared-features.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { taintToleration } from "./taint-toleration.ts";
import { filter, helps, nodeEvent, score } from "./testing.ts";

test("a pod that names its node is refused by the others", () => {
  const { snapshot } = snapshotOf([nodeOf("a"), nodeOf("b")]);
  deepEqual(filter(snapshot, nodeName, podOf("p", { on: "a" })), {
    a: "fine",
    b: "node(s) didn't match the requested node name!",
  });
});

test("what not every kubelet can do is done where one declares that it can", () => {
  const feature = "RestartAllContainersOnContainerExits";
  const { snapshot } = snapshotOf([nodeOf("a"), nodeOf("b", { declaredFeatures: [feature] })]);
  const said = (...actions: readonly string[]) => {
    const restartPolicyRules = actions.map((action) => ({ action }));
    const pod = podOf("p", { container: { restartPolicy: "Never", restartPolicyRules } });
    return filter(snapshot, nodeDeclaredFeatures, pod);
  };
  deepEqual(said("Restart"), { a: "fine", b: "fine" });
  const lacking = "node(s) didn't match Pod's required features!";
  deepEqual(said("Restart", "RestartAllContainers"), { a: lacking, b: "fine" });
});

test("only pods that tolerate it go to a cordoned node", () => {
  const { snapshot } = snapshotOf([nodeOf("a"), nodeOf("b", { unschedulable: true })]);
  const tolerations = [{ key: "node.kubernetes.io/unschedulable", operator: "Exists" }];
  deepEqual(filter(snapshot, nodeUnschedulable, podOf("p")), {
    a: "fine",
    b: "node(s) were unschedulable!",
  });
  deepEqual(filter(snapshot, nodeUnschedulable, podOf("p", { spec: { tolerations } })), {
    a: "fine",
    b: "fine",
  });
});

test("an uncordoned node helps pods that were refused by it", () => {
  const { snapshot } = snapshotOf([]);
  const pod = snapshot.podInfos.of(podOf("p"));
  const cordoned = nodeOf("a", { unschedulable: true });
  const event = "NodeUpdateNodeTaint";
  equal(helps(nodeUnschedulable, pod, nodeEvent(event, nodeOf("a"), cordoned)), true);
  equal(helps(nodeUnschedulable, pod, nodeEvent(event, cordoned, nodeOf("a"))), false);
});

const gpu = { key: "gpu", value: "yes", effect: "NoSchedule" };

for (const [what, tolerations, isFine] of [
  ["without tolerations", [], false],
  ["that tolerates exactly this taint", [{ key: "gpu", operator: "Equal", value: "yes" }], true],
  ["that tolerates another value", [{ key: "gpu", operator: "Equal", value: "no" }], false],
  ["that tolerates any value", [{ key: "gpu", operator: "Exists" }], true],
  ["that tolerates everything", [{ operator: "Exists" }], true],
  [
    "that tolerates another effect",
    [{ key: "gpu", operator: "Exists", effect: "NoExecute" }],
    false,
  ],
] as const) {
  test(`a pod ${what} is ${isFine ? "accepted" : "refused"} by a tainted node`, () => {
    const { snapshot } = snapshotOf([nodeOf("a", { taints: [gpu] })]);
    const pod = podOf("p", { spec: { tolerations } });
    const expected = isFine ? "fine" : "node(s) had untolerated taint(s)!";
    deepEqual(filter(snapshot, taintToleration, pod), { a: expected });
  });
}

test("taints that only ask pods to stay away count against a node", () => {
  const avoid = (key: string) => ({ key, effect: "PreferNoSchedule" });
  const { snapshot } = snapshotOf([
    nodeOf("none"),
    nodeOf("one", { taints: [avoid("x")] }),
    nodeOf("two", { taints: [avoid("x"), avoid("y")] }),
  ]);
  deepEqual(filter(snapshot, taintToleration, podOf("p")), {
    none: "fine",
    one: "fine",
    two: "fine",
  });
  deepEqual(score(snapshot, taintToleration, podOf("p")), { none: 100, one: 50, two: 0 });
  const tolerations = [{ key: "x", operator: "Exists" }];
  deepEqual(score(snapshot, taintToleration, podOf("q", { spec: { tolerations } })), {
    none: 100,
    one: 100,
    two: 0,
  });
});

test("a taint that goes helps those who did not tolerate it", () => {
  const { snapshot } = snapshotOf([]);
  const pod = snapshot.podInfos.of(podOf("p"));
  const tainted = nodeOf("a", { taints: [gpu] });
  equal(helps(taintToleration, pod, nodeEvent("NodeUpdateNodeTaint", nodeOf("a"), tainted)), true);
  equal(helps(taintToleration, pod, nodeEvent("NodeUpdateNodeTaint", tainted, nodeOf("a"))), false);
  equal(helps(taintToleration, pod, nodeEvent("NodeAdd", tainted)), false);
});

const required = (...nodeSelectorTerms: readonly object[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
  },
});
const expression = (key: string, operator: string, ...values: readonly string[]) => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }],
});
const named = (...values: readonly string[]) => ({
  matchFields: [{ key: "metadata.name", operator: "In", values }],
});

const mismatch = "node(s) didn't match Pod's node affinity/selector!";

for (const [what, spec, expected] of [
  ["a node selector", { nodeSelector: { disk: "ssd" } }, ["fine", mismatch, mismatch]],
  ["In", required(expression("disk", "In", "ssd", "hdd")), ["fine", "fine", mismatch]],
  ["NotIn", required(expression("disk", "NotIn", "ssd")), [mismatch, "fine", "fine"]],
  ["Exists", required(expression("disk", "Exists")), ["fine", "fine", mismatch]],
  ["DoesNotExist", required(expression("disk", "DoesNotExist")), [mismatch, mismatch, "fine"]],
  ["Gt", required(expression("size", "Gt", "5")), ["fine", mismatch, mismatch]],
  ["Lt", required(expression("size", "Lt", "5")), [mismatch, "fine", mismatch]],
  [
    "one of two terms",
    required(expression("disk", "In", "ssd"), expression("size", "Lt", "5")),
    ["fine", "fine", mismatch],
  ],
  ["an empty term", required({}), [mismatch, mismatch, mismatch]],
  ["names", required(named("a", "gone")), ["fine", "left out", "left out"]],
  [
    "names and labels",
    required({ ...named("b"), ...expression("disk", "In", "ssd") }),
    ["left out", mismatch, "left out"],
  ],
  [
    "names or labels",
    required(named("b"), expression("disk", "In", "ssd")),
    ["fine", "fine", mismatch],
  ],
  [
    "names that exclude each other",
    required({
      matchFields: [
        { key: "metadata.name", operator: "In", values: ["a"] },
        { key: "metadata.name", operator: "In", values: ["b"] },
      ],
    }),
    [
      "pod affinity terms conflict!",
      "pod affinity terms conflict!",
      "pod affinity terms conflict!",
    ],
  ],
] as const) {
  test(`nodes are picked by ${what}`, () => {
    const { snapshot } = snapshotOf([
      nodeOf("a", { labels: { disk: "ssd", size: "9" } }),
      nodeOf("b", { labels: { disk: "hdd", size: "3" } }),
      nodeOf("c", { labels: {} }),
    ]);
    const said = filter(snapshot, nodeAffinity, podOf("p", { spec }));
    deepEqual([said["a"], said["b"], said["c"]], expected);
  });
}

test("preferred nodes score by the weights of the terms that match", () => {
  const { snapshot } = snapshotOf([
    nodeOf("a", { labels: { disk: "ssd", zone: "x" } }),
    nodeOf("b", { labels: { disk: "ssd" } }),
    nodeOf("c", { labels: {} }),
  ]);
  const preferred = [
    { weight: 10, preference: expression("disk", "In", "ssd") },
    { weight: 30, preference: expression("zone", "Exists") },
  ];
  const affinity = {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred },
  };
  deepEqual(score(snapshot, nodeAffinity, podOf("p", { spec: { affinity } })), {
    a: 100,
    b: 25,
    c: 0,
  });
});

test("a label that appears helps, one that was there already does not", () => {
  const { snapshot } = snapshotOf([]);
  const pod = snapshot.podInfos.of(podOf("p", { spec: { nodeSelector: { disk: "ssd" } } }));
  const ssd = nodeOf("a", { labels: { disk: "ssd" } });
  equal(helps(nodeAffinity, pod, nodeEvent("NodeUpdateNodeLabel", ssd, nodeOf("a"))), true);
  equal(helps(nodeAffinity, pod, nodeEvent("NodeUpdateNodeLabel", ssd, ssd)), false);
  equal(helps(nodeAffinity, pod, nodeEvent("NodeAdd", nodeOf("a"))), false);
});

const listening = (hostPort: number, more: object = {}) => ({
  container: { ports: [{ containerPort: 80, hostPort, ...more }] },
});
const taken = "node(s) didn't have free ports for the requested pod ports";

for (const [what, wanted, expected] of [
  ["the same port", listening(80), taken],
  ["another port", listening(81), "fine"],
  ["another protocol", listening(80, { protocol: "UDP" }), "fine"],
  ["one address of a port that is taken on all", listening(80, { hostIP: "10.0.0.1" }), taken],
  ["another address of a port", listening(90, { hostIP: "10.0.0.2" }), "fine"],
  ["all addresses of a port that is taken on one", listening(90), taken],
  ["no port of the node", {}, "fine"],
] as const) {
  test(`a pod that wants ${what} is ${expected === "fine" ? "accepted" : "refused"}`, () => {
    const { snapshot } = snapshotOf(
      [nodeOf("a")],
      [
        podOf("all", { on: "a", ...listening(80) }),
        podOf("one", { on: "a", ...listening(90, { hostIP: "10.0.0.1" }) }),
      ],
    );
    deepEqual(filter(snapshot, nodePorts, podOf("p", wanted)), { a: expected });
  });
}

test("a port is free again when its last pod is gone", () => {
  const { snapshot } = snapshotOf([nodeOf("a")], [podOf("x", { on: "a", ...listening(80) })]);
  const pod = snapshot.podInfos.of(podOf("p", listening(80)));
  const old = snapshot.findPod("default/x")?.pod;
  equal(helps(nodePorts, pod, { name: "AssignedPodDelete", pod: { old } }), true);
  snapshot.remove("default/x");
  deepEqual(filter(snapshot, nodePorts, pod.pod), { a: "fine" });
});
