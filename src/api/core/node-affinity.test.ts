import { equal } from "node:assert/strict";
import { test } from "node:test";
import { isSelectedBy, matchesNodeSelector, nodePreference } from "./node-affinity.ts";
import type { NodeSelectorRequirement, NodeSelectorTerm } from "./node-selector.ts";

const node = { metadata: { name: "n1", labels: { disk: "ssd", cpus: "8" } } };

type Operator = NodeSelectorRequirement["operator"];

const label = (key: string, operator: Operator, ...values: string[]): NodeSelectorTerm => ({
  matchExpressions: [{ key, operator, values }],
});
const field = (key: string, operator: Operator, ...values: string[]): NodeSelectorTerm => ({
  matchFields: [{ key, operator, values }],
});

const cases: readonly (readonly [NodeSelectorTerm, boolean])[] = [
  [label("disk", "In", "hdd", "ssd"), true],
  [label("disk", "In", "hdd"), false],
  [label("zone", "In", "a"), false],
  [label("disk", "NotIn", "hdd"), true],
  [label("zone", "NotIn", "a"), true],
  [label("disk", "NotIn", "ssd"), false],
  [label("disk", "Exists"), true],
  [label("zone", "Exists"), false],
  [label("zone", "DoesNotExist"), true],
  [label("disk", "DoesNotExist"), false],
  [label("cpus", "Gt", "4"), true],
  [label("cpus", "Gt", "8"), false],
  [label("cpus", "Lt", "9"), true],
  [label("cpus", "Lt", "x"), false],
  [label("disk", "Gt", "1"), false],
  [label("zone", "Gt", "1"), false],
  [label("constructor", "Exists"), false],
  [field("metadata.name", "In", "n1"), true],
  [field("metadata.name", "NotIn", "n1"), false],
  [field("metadata.uid", "In", "n1"), false],
  [{}, false],
  [{ ...label("disk", "Exists"), ...field("metadata.name", "In", "n2") }, false],
];

for (const [term, expected] of cases) {
  test(`${JSON.stringify(term)} ${expected ? "matches" : "does not match"} the node`, () => {
    equal(matchesNodeSelector({ nodeSelectorTerms: [term] }, node), expected);
  });
}

test("one term of several is enough; none is not", () => {
  const nodeSelectorTerms = [label("zone", "Exists"), label("disk", "Exists")];
  equal(matchesNodeSelector({ nodeSelectorTerms }, node), true);
  equal(matchesNodeSelector({ nodeSelectorTerms: [] }, node), false);
});

test("a pod may select by labels and by affinity; both must hold", () => {
  const required = (term: NodeSelectorTerm) => ({
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } },
  });
  equal(isSelectedBy(node, {}), true);
  equal(isSelectedBy(node, { nodeSelector: { disk: "ssd" } }), true);
  equal(isSelectedBy(node, { nodeSelector: { disk: "hdd" } }), false);
  const nodeSelector = { disk: "ssd" };
  equal(isSelectedBy(node, { nodeSelector, affinity: required(label("cpus", "Gt", "4")) }), true);
  equal(isSelectedBy(node, { nodeSelector, affinity: required(label("cpus", "Gt", "9")) }), false);
});

test("preferences add up by weight", () => {
  const affinity = {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 10, preference: label("disk", "In", "ssd") },
        { weight: 5, preference: label("zone", "Exists") },
        { weight: 1, preference: label("cpus", "Exists") },
      ],
    },
  };
  equal(nodePreference(affinity, node), 11);
  equal(nodePreference(undefined, node), 0);
});
