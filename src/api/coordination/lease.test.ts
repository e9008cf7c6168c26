import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { cellsOf, problemsOf } from "#api/testing.ts";
import { Lease } from "./lease.ts";

const lease = (spec: object) => ({ metadata: { name: "node-1" }, spec });

test("a lease says what is wrong with it", () => {
  const cases: readonly [spec: object, ...problems: string[]][] = [
    [{ leaseDurationSeconds: 40, leaseTransitions: 0 }],
    [
      { leaseDurationSeconds: 0, leaseTransitions: -1 },
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
      "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      { strategy: "Newest" },
      'spec.strategy.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"',
    ],
    [{ strategy: "example.com/newest" }],
    [
      { preferredHolder: "a" },
      "spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined",
    ],
  ];
  for (const [spec, ...problems] of cases) deepEqual(problemsOf(Lease, lease(spec)), problems);
});

test("columns show the holder", () => {
  equal(cellsOf(Lease, lease({ holderIdentity: "node-1" }))["Holder"], "node-1");
});
