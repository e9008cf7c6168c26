import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { problemsOf } from "#api/testing.ts";
import { Binding } from "./binding.ts";

test("a binding names a node", () => {
  const binding = (target: object) => ({ metadata: { name: "a", namespace: "b" }, target });
  deepEqual(problemsOf(Binding, binding({ kind: "Node", name: "n" })), []);
  deepEqual(problemsOf(Binding, binding({ name: "n" })), []);
  deepEqual(problemsOf(Binding, binding({ kind: "Pod" })), [
    'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
    "target.name: Required value",
  ]);
});
