import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, problemsOf } from "#api/testing.ts";
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
