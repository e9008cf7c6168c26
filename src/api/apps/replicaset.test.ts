import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, draftFrom, problemsOf, statusProblems } from "#api/testing.ts";
import { ReplicaSet } from "./replicaset.ts";

const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "nginx" }] } };
const replicaSet = (spec: object = {}, status: object = {}) => ({
  metadata: { name: "web", namespace: "default" },
  spec: { selector: { matchLabels: labels }, template, ...spec },
  status,
});

test("a replica set runs one pod unless said", () => {
  equal(draftFrom(ReplicaSet, replicaSet()).spec.replicas, 1);
});

test("a replica set says what is wrong with it", () => {
  const cases: readonly [spec: object, ...problems: string[]][] = [
    [{}],
    [
      { replicas: -1, minReadySeconds: -1 },
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      { selector: null },
      "spec.selector: Required value",
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      { selector: {} },
      "spec.selector: Invalid value: {}: empty selector is invalid for deployment",
    ],
    [
      { selector: { matchLabels: { app: "other" } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
  ];
  for (const [spec, ...problems] of cases) {
    deepEqual(problemsOf(ReplicaSet, replicaSet(spec)), problems);
  }
});

test("the selector stays", () => {
  const to = replicaSet({ selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } });
  equal(changeProblems(ReplicaSet, { from: replicaSet(), to }).length, 1);
});

test("a status says what is wrong with it", () => {
  const to = replicaSet({}, { replicas: 1, fullyLabeledReplicas: 2, availableReplicas: 1 });
  deepEqual(statusProblems(ReplicaSet, { from: replicaSet(), to }), [
    "status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas",
    "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
  ]);
});

test("columns show the replicas", () => {
  deepEqual(cellsOf(ReplicaSet, replicaSet({ replicas: 2 }, { replicas: 1, readyReplicas: 1 })), {
    Name: "web",
    Desired: 2,
    Current: 1,
    Ready: 1,
    Age: "<unknown>",
    Containers: "web",
    Images: "nginx",
    Selector: "app=web",
  });
});
