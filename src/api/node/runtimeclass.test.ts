import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, objectFrom, problemsOf } from "#api/testing.ts";
import { RuntimeClass } from "./runtimeclass.ts";

const runtimeClass = (change: object = {}) => ({
  metadata: { name: "gvisor" },
  handler: "runsc",
  ...change,
});

test("a runtime class says what is wrong with it", () => {
  deepEqual(problemsOf(RuntimeClass, runtimeClass()), []);
  deepEqual(problemsOf(RuntimeClass, runtimeClass({ handler: "run.sc" })), [
    'handler: Invalid value: "run.sc": must not contain dots',
  ]);
  const toleration = { key: "a", operator: "Exists" };
  const scheduling = { tolerations: [toleration, toleration] };
  deepEqual(problemsOf(RuntimeClass, runtimeClass({ scheduling })), [
    'scheduling.tolerations[1]: Duplicate value: {"key":"a","operator":"Exists"}',
  ]);
  const later = { ...toleration, effect: "NoExecute", tolerationSeconds: 1 };
  const often = { tolerations: [later, { ...later, tolerationSeconds: 2 }] };
  deepEqual(problemsOf(RuntimeClass, runtimeClass({ scheduling: often })), [
    'scheduling.tolerations[1]: Duplicate value: {"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":2}',
  ]);
  const podFixed = { cpu: "-1", disk: "1" };
  deepEqual(problemsOf(RuntimeClass, runtimeClass({ overhead: { podFixed } })), [
    'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    'overhead.limits[disk]: Invalid value: "disk": must be a standard resource type or fully qualified',
    'overhead.limits[disk]: Invalid value: "disk": must be a standard resource for containers',
  ]);
});

test("labels that nodes had once are no good selector", () => {
  const scheduling = { nodeSelector: { "beta.kubernetes.io/os": "linux", zone: "a" } };
  const made = objectFrom(RuntimeClass, runtimeClass({ scheduling }));
  deepEqual(
    [...(RuntimeClass.warnings?.(made) ?? [])],
    ['scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead'],
  );
});

test("the handler stays", () => {
  const to = runtimeClass({ handler: "kata" });
  deepEqual(changeProblems(RuntimeClass, { from: runtimeClass(), to }), [
    'handler: Invalid value: "kata": field is immutable',
  ]);
});

test("columns show the handler", () => {
  deepEqual(cellsOf(RuntimeClass, runtimeClass()), {
    Name: "gvisor",
    Handler: "runsc",
    Age: "<unknown>",
  });
});
