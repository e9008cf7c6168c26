import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, changeProblems, objectFrom, problemsOf } from "#api/testing.ts";
import { PriorityClass } from "./priorityclass.ts";

const priorityClass = (value: number, name = "high", change: object = {}) => ({
  metadata: { name },
  value,
  ...change,
});

test("a class pushes out others unless said, and is of the first generation", () => {
  const made = objectFrom(PriorityClass, priorityClass(1));
  equal(made.preemptionPolicy, "PreemptLowerPriority");
  equal(made.metadata.generation, 1);
});

test("users may go up to a billion, and the system's classes are as they are", () => {
  const reserved =
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";
  const cases: readonly [manifest: object, ...problems: string[]][] = [
    [priorityClass(1_000_000_000)],
    [priorityClass(-5)],
    [priorityClass(1, "high", { preemptionPolicy: "" }), "preemptionPolicy: Required value"],
    [
      priorityClass(1, "high", { preemptionPolicy: "Always" }),
      'preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"',
    ],
    [priorityClass(2_000_001_000, "system-node-critical")],
    [
      priorityClass(1_000_000_001),
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ],
    [
      priorityClass(1, "system-mine"),
      `${reserved}system-mine is not a known system priority class`,
    ],
    [
      priorityClass(1, "system-node-critical"),
      `${reserved}value of system-node-critical PriorityClass must be 2000001000`,
    ],
    [
      priorityClass(2_000_001_000, "system-node-critical", { globalDefault: true }),
      `${reserved}globalDefault of system-node-critical PriorityClass must be false`,
    ],
  ];
  for (const [manifest, ...problems] of cases) {
    deepEqual(problemsOf(PriorityClass, manifest), problems);
  }
});

test("the value and the policy stay", () => {
  const to = priorityClass(2, "high", { preemptionPolicy: "Never" });
  deepEqual(changeProblems(PriorityClass, { from: priorityClass(1), to }), [
    "value: Forbidden: may not be changed in an update.",
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ]);
});

test("columns show what a class does", () => {
  deepEqual(cellsOf(PriorityClass, priorityClass(7)), {
    Name: "high",
    Value: 7,
    "Global-Default": false,
    Age: "<unknown>",
    PreemptionPolicy: "PreemptLowerPriority",
  });
});
