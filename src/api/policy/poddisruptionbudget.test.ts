import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, problemsOf, statusProblems } from "#api/testing.ts";
import { PodDisruptionBudget } from "./poddisruptionbudget.ts";

const budget = (spec: object, status: object = {}) => ({ metadata: { name: "web" }, spec, status });

test("a budget says what is wrong with it", () => {
  const cases: readonly [spec: object, ...problems: string[]][] = [
    [{ minAvailable: 1 }],
    [{ maxUnavailable: "100%", unhealthyPodEvictionPolicy: "AlwaysAllow" }],
    [
      { minAvailable: 1, maxUnavailable: 1 },
      'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
    ],
    [
      { minAvailable: -1 },
      "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      { maxUnavailable: "101%" },
      'spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      { unhealthyPodEvictionPolicy: "Never" },
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
    [
      { selector: { matchLabels: { a: "b c" } } },
      `spec.selector.matchLabels: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    ],
  ];
  for (const [spec, ...problems] of cases) {
    deepEqual(problemsOf(PodDisruptionBudget, budget(spec)), problems);
  }
});

test("counts of a status are not negative", () => {
  const to = budget({}, { disruptionsAllowed: -1, expectedPods: -2 });
  deepEqual(statusProblems(PodDisruptionBudget, { from: budget({}), to }), [
    "status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0",
    "status.expectedPods: Invalid value: -2: must be greater than or equal to 0",
  ]);
});

test("columns show what is allowed", () => {
  deepEqual(
    cellsOf(PodDisruptionBudget, budget({ minAvailable: "50%" }, { disruptionsAllowed: 2 })),
    {
      Name: "web",
      "Min Available": "50%",
      "Max Unavailable": "N/A",
      "Allowed Disruptions": 2,
      Age: "<unknown>",
    },
  );
});
